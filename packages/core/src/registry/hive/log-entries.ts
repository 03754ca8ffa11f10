import { HiveFileType } from './base-block.layout.js';
import type { HivePatch } from './hive-bytes.js';
import type { DirtyHive, HiveLog, Replay } from './hive-logs.js';
import { LogEntry, LogPage, SECTOR } from './log.layout.js';
import { marvin32 } from './marvin32.js';

const HASH2_AT = LogEntry.offsetOf('hash2');
const BIN_STEP = 4096;
const BINS_MAX = 0x8000_0000;
const TRANSACTIONS_PENDING = 1;

interface Entry {
  readonly sequence: number;
  readonly binsSize: number;
  readonly flags: number;
  readonly patches: readonly HivePatch[];
}

/**
 * Logs of the new kind, Windows 8.1 and later: each entry holds the pages of one flush. Entries of both logs are applied in the order of
 * their numbers, up to the first that is missing or damaged.
 */
export function replayEntries(hive: DirtyHive, logs: readonly HiveLog[], note: (text: string) => void): Replay | undefined {
  const runs = logs.map((log) => ({ log, entries: entriesOf(log, note) })).filter(({ entries }) => entries.length > 0);
  runs.sort((a, b) => a.entries[0]!.sequence - b.entries[0]!.sequence);
  // Without a base block that can be trusted it is not known what the hive has already; the later log has its base block with it.
  const used = hive.base ? runs : runs.slice(-1);
  const base = hive.base ?? used[0]?.log.base;
  if (!base) return undefined;
  const oldest = hive.base ? hive.base.secondarySequence : base.primarySequence;
  const newest = hive.base ? hive.base.primarySequence : base.primarySequence;

  const patches: HivePatch[] = [];
  let last: Entry | undefined;
  let applied = 0;
  for (const { log, entries } of used) {
    for (const entry of entries) {
      if (entry.sequence < oldest) continue;
      if (last && entry.sequence !== last.sequence + 1) {
        note(`${log.file}: entry ${String(entry.sequence)} does not follow ${String(last.sequence)}, and was not used`);
        break;
      }
      last = entry;
      if (entry.sequence < newest) continue;
      for (const patch of entry.patches) patches.push(patch);
      applied++;
    }
  }
  if (!last || applied === 0) return undefined;
  return {
    patches,
    applied,
    base: {
      ...base,
      fileType: HiveFileType.PRIMARY,
      binsSize: last.binsSize,
      primarySequence: last.sequence,
      secondarySequence: last.sequence,
      flags: ((base.flags & ~TRANSACTIONS_PENDING) | (last.flags & TRANSACTIONS_PENDING)) >>> 0,
    },
  };
}

/** The entries at the start of a log that belong together; behind them may stand older ones. */
function entriesOf({ file, bytes, base }: HiveLog, note: (text: string) => void): Entry[] {
  const entries: Entry[] = [];
  let expected = base.primarySequence;
  for (let at = SECTOR; at + LogEntry.size <= bytes.length; expected++) {
    if (bytes.toString('latin1', at, at + 4) !== 'HvLE') break;
    const head = LogEntry.decode(bytes, at);
    if (head.sequence !== expected) break;
    const entry = entryAt(bytes, at, head);
    if (typeof entry === 'string') {
      note(`${file}: entry ${String(head.sequence)} and those behind it were not used: ${entry}`);
      break;
    }
    entries.push(entry);
    at += head.size;
  }
  return entries;
}

/** One entry, or what is wrong with it. */
function entryAt(bytes: Buffer, at: number, head: ReturnType<typeof LogEntry.decode>): Entry | string {
  const { size, sequence, binsSize, flags, pageCount } = head;
  if (size % SECTOR !== 0 || size < LogEntry.size || at + size > bytes.length) return 'its size is wrong';
  if (marvin32(bytes.subarray(at, at + HASH2_AT)) !== head.hash2) return 'its header has a wrong hash';
  if (marvin32(bytes.subarray(at + LogEntry.size, at + size)) !== head.hash1) return 'its pages have a wrong hash';
  if (binsSize % BIN_STEP !== 0 || binsSize > BINS_MAX) return 'the size of the hive in it is wrong';
  const references = at + LogEntry.size;
  let from = references + pageCount * LogPage.size;
  if (from > at + size) return 'it ends before its last page';
  const patches: HivePatch[] = [];
  for (let i = 0; i < pageCount; i++) {
    const page = LogPage.decode(bytes, references + i * LogPage.size);
    if (from + page.size > at + size) return 'it ends before its last page';
    if (page.offset + page.size > binsSize) return 'a page in it is outside the hive';
    if (page.size > 0) patches.push({ offset: page.offset, bytes: bytes.subarray(from, from + page.size) });
    from += page.size;
  }
  return { sequence, binsSize, flags, patches };
}
