import { SourceError } from '@winback/core';
import { inSectors, SECTOR, type Items, type StreamItem } from '../content/item.js';
import { wait, type Steps } from '../flow/steps.js';
import { EFS_METADATA_LIMIT } from '../metadata/limits.js';
import { MarshaledStream, RawHeader, StreamSegment } from './robs.layout.js';
import { encodeSegment, segmentHeaderSize } from './segment.js';
import { METADATA_NAME, streamNameBytes } from './stream-name.js';

/** The bytes `00 01 00 00`. */
const VERSION = 0x100;
const SEGMENT_SHIFT = 16;
/** Data of a segment. */
const SEGMENT = 1 << SEGMENT_SHIFT;
/** Blocks of a segment of a sparse file: holes take no data, so that many can be in one. */
const BLOCKS = 1024;
const SECTOR_SHIFT = 9;
const CLUSTER_SHIFT = 12;

/** Some bytes of the raw format; `bytes` is absent where only their number was asked for. Valid until the next ones. */
export interface RawPiece {
  readonly length: number;
  readonly bytes: Uint8Array | undefined;
}

const HEAD = segmentHeaderSize(BLOCKS, true);

/**
 * Writes the raw transfer format. The same items always give the same bytes; items without data give their number.
 * @throws SOURCE_UNSUPPORTED when the metadata is longer than the format allows
 */
export class RawWriter {
  /** The data of a segment, with room for its header in front. */
  readonly #segment = new Uint8Array(HEAD + SEGMENT);
  #start = 0;
  #blocks: number[] = [];
  #filled = 0;
  /** Bytes of the stream that the segment stands for. */
  #covered = 0;
  /** Data unit of a sparse stream; 0: it is not sparse. */
  #unit = 0;
  #hasData = true;

  constructor(private readonly items: Items) {}

  *pieces(): Steps<RawPiece> {
    yield whole(rawHeader());
    for (;;) {
      const item = yield* wait(this.items.next());
      if (!item) return;
      if (item.type === 'metadata') yield whole(metadataStream(item.bytes));
      else if (item.type === 'stream') {
        yield whole(streamHeader(streamNameBytes(item.name), item.encrypted));
        yield* item.encrypted ? this.#encrypted(item) : this.#plain();
      }
    }
  }

  /** What is not encrypted is told by no place: holes are written out. */
  *#plain(): Steps<RawPiece> {
    const zeros = new Uint8Array(SEGMENT);
    for (let at = 0; ;) {
      const item = yield* wait(this.items.next());
      const next = item?.type === 'run' ? item.offset : item?.type === 'end' ? item.size : at;
      for (; at < next; at += SEGMENT) yield* plainSegment(zeros, Math.min(SEGMENT, next - at));
      at = next;
      if (!item || item.type === 'end') return;
      if (item.type !== 'run') continue;
      for (let done = 0; done < item.length; done += SEGMENT)
        yield* plainSegment(item.data?.subarray(done), Math.min(SEGMENT, item.length - done));
      at += item.length;
    }
  }

  *#encrypted({ unitShift }: StreamItem): Steps<RawPiece> {
    this.#unit = unitShift === undefined ? 0 : 2 ** unitShift;
    this.#begin(0);
    for (let at = 0; ;) {
      const item = yield* wait(this.items.next());
      if (!item) return;
      if (item.type !== 'run' && item.type !== 'end') continue;
      const isEnd = item.type === 'end';
      const next = isEnd ? inSectors(item.size) : item.offset;
      if (next > at) yield* this.#hole(next - at, isEnd);
      if (isEnd) {
        yield* this.#flush(item.size);
        return;
      }
      for (let done = 0; done < item.length;)
        done += yield* this.#data(item.data?.subarray(done), item.length - done, item.data !== undefined);
      at = next + item.length;
    }
  }

  #begin(start: number): void {
    this.#start = start;
    this.#blocks = [];
    this.#filled = this.#covered = 0;
    this.#hasData = true;
  }

  /** Takes as much as goes into one block. Zeros where there is no data but should be. */
  *#data(data: Uint8Array | undefined, length: number, isKnown = true): Steps<RawPiece, number> {
    const block = this.#unit || SEGMENT;
    const within = this.#covered % block;
    if (within === 0 && (this.#filled >= SEGMENT || this.#blocks.length >= BLOCKS)) yield* this.#flush();
    const n = Math.min(length, block - within);
    const at = HEAD + this.#filled;
    if (data) this.#segment.set(data.length > n ? data.subarray(0, n) : data, at);
    else this.#segment.fill(0, at, at + n);
    this.#hasData &&= isKnown;
    if (within === 0) this.#blocks.push(n);
    else this.#blocks[this.#blocks.length - 1] = (this.#blocks.at(-1) ?? 0) + n;
    this.#filled += n;
    this.#covered += n;
    return n;
  }

  *#hole(length: number, atEnd: boolean): Steps<RawPiece> {
    const unit = this.#unit;
    for (let left = length; left > 0;) {
      if (unit > 0 && this.#covered % unit === 0 && (left >= unit || atEnd)) {
        if (this.#blocks.length >= BLOCKS) yield* this.#flush();
        this.#blocks.push(0);
        this.#covered += unit;
        left -= unit;
      } else left -= yield* this.#data(undefined, Math.min(left, unit > 0 ? unit - (this.#covered % unit) : left));
    }
  }

  /** Ends a segment. `size`: the stream ends there. */
  *#flush(size = Number.MAX_SAFE_INTEGER): Steps<RawPiece> {
    if (this.#covered === 0) return;
    const blocks = this.#blocks;
    const sparse = this.#unit > 0;
    const bytesWithinStreamSize = Math.min(this.#covered, size - this.#start);
    const header = segmentHeaderSize(blocks.length, sparse);
    const data = this.#segment.subarray(HEAD, HEAD + this.#filled);
    encodeSegment(this.#segment, HEAD - header, {
      start: this.#start,
      bytesWithinStreamSize,
      bytesWithinVdl: sparse ? bytesWithinStreamSize : Math.min(bytesWithinStreamSize, validLength(data)),
      unitShift: sparse ? Math.log2(this.#unit) : Math.max(SECTOR_SHIFT, Math.ceil(Math.log2(this.#filled))),
      clusterShift: CLUSTER_SHIFT,
      blocks,
      sparse,
    });
    const bytes = this.#segment.subarray(HEAD - header, HEAD + this.#filled);
    yield { length: bytes.length, bytes: this.#hasData ? bytes : undefined };
    this.#begin(this.#start + this.#covered);
  }
}

/** What a raw form begins with. */
export const rawHeader = (): Uint8Array => RawHeader.encode(RawHeader.create({ version: VERSION }));

const whole = (bytes: Uint8Array): RawPiece => ({ length: bytes.length, bytes });

export function streamHeader(name: Uint8Array, encrypted: boolean): Uint8Array {
  const head = MarshaledStream.create({ length: MarshaledStream.size + name.length, flag: encrypted ? 0 : 1, nameLength: name.length });
  return new Uint8Array(Buffer.concat([MarshaledStream.encode(head), name]));
}

export function metadataStream(metadata: Uint8Array): Uint8Array {
  if (metadata.length > EFS_METADATA_LIMIT)
    throw new SourceError(
      'SOURCE_UNSUPPORTED',
      `metadata of ${metadata.length} bytes is longer than the ${EFS_METADATA_LIMIT} that are allowed`,
    );
  const segment = StreamSegment.encode(StreamSegment.create({ length: StreamSegment.size + metadata.length }));
  return new Uint8Array(Buffer.concat([streamHeader(METADATA_NAME, true), segment, metadata]));
}

function* plainSegment(data: Uint8Array | undefined, length: number): Steps<RawPiece> {
  yield whole(StreamSegment.encode(StreamSegment.create({ length: StreamSegment.size + length })));
  yield { length, bytes: data?.subarray(0, length) };
}

/** Sectors of zeros at the end are no ciphertext: nothing was written there yet. */
function validLength(data: Uint8Array): number {
  let end = data.length;
  while (end >= SECTOR && data.subarray(end - SECTOR, end).every((byte) => byte === 0)) end -= SECTOR;
  return end;
}
