import { HiveBin, HiveFileType } from './base-block.layout.js';
import type { HivePatch } from './hive-bytes.js';
import type { DirtyHive, HiveLog, Replay } from './hive-logs.js';
import { DirtyVector, SECTOR } from './log.layout.js';

const HBIN = 0x6e69_6268;
const BIN_STEP = 4096;

/** A log of the old kind, Windows 8 and before: the dirty pages of one write. The first that fits is used. */
export function replayPages(hive: DirtyHive, logs: readonly HiveLog[], note: (text: string) => void): Replay | undefined {
  for (const log of logs) {
    const replay = misfit(hive, log) ?? pagesOf(hive, log);
    if (typeof replay !== 'string') return replay;
    note(`${log.file} was not used: ${replay}`);
  }
  return undefined;
}

function misfit({ base, firstBinLastWritten }: DirtyHive, log: HiveLog): string | undefined {
  if (log.base.primarySequence !== log.base.secondarySequence) return 'it was not written to its end';
  const lastWritten = base?.lastWritten ?? firstBinLastWritten;
  return log.base.lastWritten === lastWritten ? undefined : 'it belongs to another write of the hive';
}

/** What a log brings, or what is wrong with it. */
function pagesOf(hive: DirtyHive, { bytes, base }: HiveLog): Replay | string {
  if (base.binsSize % BIN_STEP !== 0) return 'the size of the hive in it is wrong';
  const sector = SECTOR * Math.min(Math.max(base.clusteringFactor, 1), 8);
  const bits = Math.floor(base.binsSize / SECTOR);
  const vector = sector + DirtyVector.size;
  let from = sector + Math.ceil((DirtyVector.size + bits / 8) / sector) * sector;
  if (from > bytes.length || bytes.toString('latin1', sector, vector) !== 'DIRT') return 'it has no list of pages';
  const patches: HivePatch[] = [];
  for (let page = 0; page < bits; page++) {
    if ((((bytes[vector + (page >>> 3)] ?? 0) >>> (page & 7)) & 1) === 0) continue;
    if (from + SECTOR > bytes.length) return 'it ends before its last page';
    patches.push({ offset: page * SECTOR, bytes: bytes.subarray(from, from + SECTOR) });
    from += SECTOR;
  }
  // A page that begins a bin says where the bin is.
  for (const { offset, bytes: page } of patches) {
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    const wrong = view.getUint32(HiveBin.offsetOf('offset'), true) !== offset;
    if (offset % BIN_STEP === 0 && view.getUint32(0, true) === HBIN && wrong) return 'a bin in it belongs to another place';
  }
  // The next write counts on: neither this log nor another then has the hive's sequence.
  const sequence = (base.primarySequence + 1) >>> 0;
  const whole = hive.base ?? { ...base, fileType: HiveFileType.PRIMARY };
  return {
    patches,
    applied: patches.length,
    base: { ...whole, binsSize: base.binsSize, primarySequence: sequence, secondarySequence: sequence },
  };
}
