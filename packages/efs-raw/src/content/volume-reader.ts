import {
  FactCollector,
  FormatError,
  isEfsMetadata,
  StreamAttribute,
  StreamId,
  type BackupStreamHeader,
  type StoredStreams,
} from '@winback/core';
import { wait, type Steps } from '../flow/steps.js';
import { inSectors, MAIN_STREAM, SECTOR, type Item } from './item.js';

/** Bytes behind the ciphertext: how many bytes fill the last sector. */
const TAIL = 2;
const PIECE = 256 * 1024;
const LARGEST_SHIFT = 16;

export interface VolumeReaderOptions {
  /** Only the layout is wanted: no data is read. */
  readonly layoutOnly?: boolean;
  /** Sizes of what all holes are multiples of, by the streams' order, as {@link unitShifts} finds them. */
  readonly unitShifts?: readonly (number | undefined)[];
  /** Takes the streams that are neither the metadata nor content, such as security descriptors. */
  readonly other?: (header: BackupStreamHeader, data: Uint8Array) => void;
}

/**
 * Reads an encrypted file in the form that volumes give and take: its metadata as a fact, then streams of ciphertext, each in whole
 * sectors with the number of bytes that fill the last one behind it. A stream that has no such form is not encrypted.
 */
export class VolumeReader {
  readonly #buffer = new Uint8Array(PIECE + SECTOR);
  #next: BackupStreamHeader | undefined;
  #number = 0;

  constructor(
    private readonly streams: StoredStreams,
    private readonly options: VolumeReaderOptions = {},
  ) {}

  *items(): Steps<Item> {
    const { streams } = this;
    this.#next = yield* wait(streams.next());
    while (this.#next) {
      const header = this.#next;
      if (header.id === StreamId.DATA || header.id === StreamId.ALTERNATE_DATA) {
        yield* this.#content(header);
        continue;
      }
      if (isEfsMetadata(header) || this.options.other) {
        const data = yield* this.#fact(header);
        if (isEfsMetadata(header)) yield { type: 'metadata', bytes: data };
        else this.options.other?.(header, data);
      }
      this.#next = yield* wait(streams.next());
    }
  }

  *#fact(header: BackupStreamHeader): Steps<never, Uint8Array> {
    const data = FactCollector.buffer(header);
    yield* this.#read(data);
    return data;
  }

  /** Fills a buffer, and sees to it that a stream which was read whole is checked. */
  *#read(into: Uint8Array): Steps<never> {
    let at = 0;
    while (at < into.length) {
      const n = yield* wait(this.streams.readInto(into.subarray(at)));
      if (n === 0) {
        const problem = `the stream ended; ${into.length - at} bytes of it are missing`;
        throw new FormatError('FORMAT_SHORT', problem, { struct: 'WIN32_STREAM_ID', field: 'Size', offset: at });
      }
      at += n;
    }
  }

  *#content(header: BackupStreamHeader): Steps<Item> {
    const name = header.id === StreamId.DATA ? MAIN_STREAM : (header.name ?? '');
    const unitShift = this.options.unitShifts?.[this.#number++];
    if ((header.attributes & StreamAttribute.SPARSE) === 0) yield* this.#whole(header, name);
    else yield* this.#blocks(name, unitShift);
  }

  *#whole({ length }: BackupStreamHeader, name: string): Steps<Item> {
    const encrypted = length % SECTOR === TAIL || length === 0;
    yield { type: 'stream', name, encrypted };
    const stored = encrypted ? Math.max(0, length - TAIL) : length;
    yield* this.#runs(0, stored);
    let size = stored;
    if (encrypted && length > 0) size -= yield* this.#fill(stored);
    yield { type: 'end', size };
    yield* this.#passEnd();
  }

  *#runs(from: number, to: number): Steps<Item> {
    if (this.options.layoutOnly) {
      if (to > from) yield { type: 'run', offset: from, length: to - from, valid: to - from, data: undefined };
      return;
    }
    for (let at = from; at < to;) {
      const data = this.#buffer.subarray(0, Math.min(PIECE, to - at));
      yield* this.#read(data);
      yield { type: 'run', offset: at, length: data.length, valid: data.length, data };
      at += data.length;
    }
  }

  /** How many bytes fill the last sector. Nonsense: none. */
  *#fill(stored: number): Steps<never, number> {
    if (this.options.layoutOnly) return 0;
    const tail = new Uint8Array(TAIL);
    yield* this.#read(tail);
    const fill = tail[0]! | (tail[1]! << 8);
    return fill < SECTOR && fill <= stored ? fill : 0;
  }

  *#passEnd(): Steps<never> {
    if (!this.options.layoutOnly) yield* wait(this.streams.readInto(this.#buffer.subarray(0, 1)));
    this.#next = yield* wait(this.streams.next());
  }

  /** Blocks with holes between them; the last block's end is that of the stream. */
  *#blocks(name: string, unitShift: number | undefined): Steps<Item> {
    yield { type: 'stream', name, encrypted: true, unitShift };
    let end = 0;
    let fill = 0;
    yield* this.#passEnd();
    for (let block = this.#next; block?.id === StreamId.SPARSE_BLOCK; block = this.#next) {
      const begin = block.offset ?? 0;
      if (begin < end && block.length > 0) {
        const place = { struct: 'WIN32_STREAM_ID', field: 'SPARSE_BLOCK', offset: begin };
        throw new FormatError('FORMAT_STRUCTURE', `a block begins before byte ${end}, where the one before it ends`, place);
      }
      const stop = begin + block.length;
      const stored = stop - (stop % SECTOR);
      if (stored > begin) yield* this.#runs(begin, stored);
      if (stop - stored === TAIL && stored >= begin) fill = yield* this.#fill(stored);
      end = Math.max(end, stop);
      yield* this.#passEnd();
    }
    const stored = end - (end % SECTOR);
    yield { type: 'end', size: end % SECTOR === TAIL ? Math.max(0, stored - fill) : inSectors(end) };
  }
}

const SECTOR_SHIFT = 9;

/** For each stream, log2 of what all its holes are multiples of; undefined for those without holes. */
export function* unitShifts(streams: StoredStreams): Steps<never, (number | undefined)[]> {
  const shifts: (number | undefined)[] = [];
  let stream = { shift: LARGEST_SHIFT, end: 0, hasHoles: false };
  const take = (): void => {
    if (shifts.length > 0) shifts[shifts.length - 1] = stream.hasHoles ? Math.max(SECTOR_SHIFT, stream.shift) : undefined;
  };
  for (let header = yield* wait(streams.next()); header; header = yield* wait(streams.next())) {
    if (header.id === StreamId.DATA || header.id === StreamId.ALTERNATE_DATA) {
      take();
      shifts.push(undefined);
      stream = { shift: LARGEST_SHIFT, end: 0, hasHoles: false };
    } else if (header.id === StreamId.SPARSE_BLOCK) {
      const begin = header.offset ?? 0;
      const end = begin + header.length;
      // Behind the ciphertext no hole begins, and only the count behind it may be zeros that are not there.
      const isTail = begin - stream.end <= TAIL && begin % SECTOR <= TAIL && header.length <= TAIL;
      if (begin > stream.end && !isTail) stream.hasHoles = true;
      if (header.length > 0) {
        if (!isTail) stream.shift = Math.min(stream.shift, alignment(begin));
        if (end % SECTOR !== TAIL) stream.shift = Math.min(stream.shift, alignment(end));
      }
      stream.end = Math.max(stream.end, end);
    }
  }
  take();
  return shifts;
}

function alignment(place: number): number {
  let shift = 0;
  while (shift < LARGEST_SHIFT && place % 2 ** (shift + 1) === 0) shift++;
  return shift;
}
