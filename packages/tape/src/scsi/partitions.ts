import { TapePartitionMethod, TapeStatus, type ValueOf } from '../api/index.js';
import { cdb } from './cdb.js';
import { ModePage, Timeout } from './constants.js';
import { findModePage, readMode, writeMode } from './mode.js';
import { PartitionPage, PartitionSize } from './mode.layout.js';
import type { ScsiDevice } from './scsi-device.js';

export interface Partitions {
  /** Those of the cartridge. */
  readonly count: number;
  readonly maximum: number;
}

const Flag = { FDP: 0x80, SDP: 0x40, IDP: 0x20, POFM: 0x04 } as const;
const METHOD_FLAG: Readonly<Record<ValueOf<typeof TapePartitionMethod>, number>> = {
  [TapePartitionMethod.FIXED]: Flag.FDP,
  [TapePartitionMethod.SELECT]: Flag.SDP,
  [TapePartitionMethod.INITIATOR]: Flag.IDP,
};
const REST = 0xffff;
const WHAT = 'making partitions';

/** One partition, where the drive does not tell. */
export function readPartitions(device: ScsiDevice): Partitions {
  const page = findModePage(device, ModePage.PARTITION, 4);
  return page === undefined ? { count: 1, maximum: 1 } : { count: page[3]! + 1, maximum: page[2]! + 1 };
}

/** A size as the page has it: in MB where that fits 16 bits, else in GB, rounded up. */
function inUnits(megabytes: number): { psum: number; units: number; size: number } {
  if (megabytes < REST) return { psum: 2, units: 0, size: megabytes };
  return { psum: 3, units: 9, size: Math.min(REST - 1, Math.ceil(megabytes / 1000)) };
}

/** Divides a tape; everything on it is lost. Partition 1 gets what the others leave. @param megabytes of each other one, with INITIATOR */
export function makePartitions(
  device: ScsiDevice,
  method: ValueOf<typeof TapePartitionMethod>,
  count: number,
  megabytes: number,
  isFormatted: boolean,
): void {
  const mode = readMode(device, ModePage.PARTITION, WHAT);
  if (mode.page.length < 4) throw device.failure(TapeStatus.ERROR_NOT_SUPPORTED, WHAT);
  const maximum = mode.page[2]! + 1;
  if (method !== TapePartitionMethod.FIXED && (!Number.isInteger(count) || count < 1 || count > maximum)) {
    throw device.failure(TapeStatus.ERROR_INVALID_PARAMETER, WHAT);
  }
  const sizes = method === TapePartitionMethod.INITIATOR ? count : 0;
  const { psum, units, size } = inUnits(megabytes);
  const page = new Uint8Array(PartitionPage.size + PartitionSize.size * sizes);
  PartitionPage.encodeInto(
    page,
    0,
    PartitionPage.create({
      page: ModePage.PARTITION,
      length: page.length - 2,
      additional: method === TapePartitionMethod.FIXED ? 0 : count - 1,
      flags: METHOD_FLAG[method] | (psum << 3),
      recognition: mode.page[5] ?? 0,
      units,
    }),
  );
  for (let i = 0; i < sizes; i++) {
    PartitionSize.encodeInto(page, PartitionPage.size + PartitionSize.size * i, { size: i === 0 ? REST : size });
  }
  device.run(WHAT, cdb.rewind(), 'none', undefined, Timeout.MOTION);
  writeMode(device, mode, mode.blockLength, WHAT, page);
  // Where POFM is set the page says only what FORMAT MEDIUM will do.
  const now = findModePage(device, ModePage.PARTITION, 5);
  const waits = ((now ?? mode.page)[4]! & Flag.POFM) !== 0;
  if (waits && isFormatted) device.run(WHAT, cdb.formatMedium(1), 'none', undefined, Timeout.LONG);
}
