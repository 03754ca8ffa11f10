import { FormatError, isWinbackError } from '@winback/core';
import type { BlockHead } from './block-head.js';
import { BlockStreams } from './block-streams.js';
import { damageOf, walkBlocks, type InspectedDamage } from './block-walk.js';
import { BlockType, MediaAttribute } from './constants.js';
import { FileWindow } from './file-window.js';
import { isLzs } from './stream-head.js';

/** One stream of a block, with all of its parts, decompressed. */
export interface MtfStream {
  readonly kind: 'stream';
  /** Of its header in the file. */
  readonly offset: number;
  /** Number of the data set, from 1 in the order of the file; 0 before the first one. */
  readonly set: number;
  /** Number among the set's blocks, from 1 for its SSET. */
  readonly block: { readonly number: number; readonly type: string; readonly offset: number };
  /** Number among the block's streams, from 1; padding and checksums do not count. */
  readonly number: number;
  /** Four characters of printable ASCII, any of them. */
  readonly id: string;
  /** Bytes that `readInto` gives. */
  readonly length: number;
  readonly compressed: boolean;
  /** A checksum follows it, which is checked when `readInto` gives 0. */
  readonly checksummed: boolean;
  /** Valid until the next item is asked for. @throws FORMAT_* where it is damaged; the other streams are not concerned */
  readInto(buffer: Uint8Array): number;
}

/**
 * The streams of a file in Microsoft Tape Format, of every block, known or not: also the containers of SQL Server. Streams that cannot be
 * read are damage, as is what cannot be made out.
 * @throws TARGET_FOREIGN, TARGET_NOT_FOUND, TARGET_IO
 */
export function* mtfStreams(path: string): Generator<MtfStream | InspectedDamage, void, undefined> {
  const window = FileWindow.open(path);
  const streams = new BlockStreams(window, () => undefined);
  let set = 0;
  let block = 0;
  try {
    yield* walkBlocks(window, function* (head) {
      if (head.type === BlockType.SSET) {
        set++;
        block = 0;
      }
      block++;
      if (head.type === BlockType.SFMB) return undefined;
      const next = yield* streamsOf(streams, head, set, block);
      if (next !== undefined && next > window.size) yield damageOf(cutInPadding(window, next), window.size);
      return next;
    });
  } finally {
    window.close();
  }
}

function* streamsOf(
  streams: BlockStreams,
  head: BlockHead,
  set: number,
  number: number,
): Generator<MtfStream | InspectedDamage, number | undefined, undefined> {
  streams.begin(head);
  const block = { number, type: head.type, offset: head.at };
  let count = 0;
  let marked = 0;
  while (streams.end === undefined && streams.failedAt === undefined) {
    streams.goOn();
    try {
      const raw = streams.nextRaw();
      for (; marked < streams.marked.length; marked++) yield markedCorrupt(streams.marked[marked] ?? '', head);
      if (!raw) break;
      count++;
      yield {
        kind: 'stream',
        offset: raw.at,
        set,
        block,
        number: count,
        id: raw.id,
        length: streams.left,
        compressed: isLzs(raw),
        checksummed: (raw.mediaAttributes & MediaAttribute.CHECKSUMED) !== 0,
        readInto: (buffer) => streams.readInto(buffer),
      };
    } catch (error) {
      if (!isWinbackError(error) || !(error instanceof FormatError)) throw error;
      count++;
      yield damageOf(error, typeof error.details['offset'] === 'number' ? error.details['offset'] : head.at);
    }
  }
  return streams.end;
}

const cutInPadding = ({ size }: FileWindow, expected: number): FormatError =>
  new FormatError('FORMAT_SHORT', `the file ends in the padding of its last block, which ends at byte ${String(expected)}`, {
    struct: 'SPAD',
    offset: size,
    expected,
    actual: size,
  });

const markedCorrupt = (id: string, { at }: BlockHead): InspectedDamage => ({
  kind: 'damage',
  offset: at,
  code: 'TARGET_DAMAGED',
  message: `a stream ${id} was marked as corrupt when the backup was made`,
});
