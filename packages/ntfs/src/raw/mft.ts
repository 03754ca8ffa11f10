import { FormatError } from '@winback/core';
import type { BlockSource } from './block-source.js';
import type { Content } from './content.js';
import { damaged } from './damage.js';
import { FileAttributes, type RecordReader } from './file-attributes.js';
import { FILE_SIGNATURE, FileRecord, type RecordMemory } from './file-record.js';
import { undoFixups } from './fixups.js';
import type { Geometry } from './geometry.js';
import { FileRecordHeader } from './layouts/index.js';
import { viewOf } from './numbers.js';
import { PieceCache } from './piece-cache.js';

/** Records that have a place of their own. */
export const WellKnown = { MFT: 0, LOG_FILE: 2, VOLUME: 3, ROOT: 5, SECURE: 9, UPCASE: 10, EXTEND: 11 } as const;
/** The first record that an ordinary file may have. */
export const FIRST_USER_RECORD = 24;

const PIECE = 65_536;

/** Records that lie side by side. */
interface Records extends RecordMemory {
  /** What is known of each: {@link State}. */
  readonly states: Uint8Array;
}
const State = { UNTOUCHED: 0, GOOD: 1, BAD: 2 } as const;

/** The FILE records of a volume. */
export class Mft implements RecordReader {
  readonly recordSize: number;
  /** Records that the table has room for; many are not in use. */
  readonly count: number;
  readonly #perPiece: number;
  readonly #cache: PieceCache<Records>;

  constructor(
    readonly source: BlockSource,
    readonly geometry: Geometry,
    private readonly content: Content,
    /** Where a byte of the table stands on the volume, for errors. */
    private readonly placeOf: (position: number) => number,
    cacheBytes: number,
  ) {
    const { recordSize } = geometry;
    this.recordSize = recordSize;
    this.count = Math.min(Math.floor(content.size / recordSize), 0xffff_ffff);
    this.#perPiece = Math.max(PIECE, recordSize) / recordSize;
    const read = (position: number, buffer: Uint8Array): void => this.read(position, buffer);
    this.#cache = new PieceCache(read, this.count * recordSize, this.#perPiece * recordSize, cacheBytes, (bytes) =>
      memoryOf(bytes, recordSize),
    );
  }

  /** The table's bytes as they are. @throws SOURCE_UNREADABLE */
  read(position: number, buffer: Uint8Array): void {
    for (let done = 0; done < buffer.length;) done += this.content.readAt(position + done, buffer.subarray(done));
  }

  /** @throws FORMAT_RANGE, FORMAT_MAGIC, FORMAT_STRUCTURE, SOURCE_UNREADABLE */
  record(number: number): FileRecord {
    if (number >= this.count) {
      throw new FormatError('FORMAT_RANGE', `there is no record ${String(number)}`, {
        struct: FileRecordHeader.name,
        offset: this.placeOf(0),
        expected: `less than ${String(this.count)}`,
        actual: number,
      });
    }
    const piece = Math.floor(number / this.#perPiece);
    return this.#recordIn(this.#cache.piece(piece), number - piece * this.#perPiece, number);
  }

  /** A record as it is now, whatever was read before. @throws as {@link record} */
  freshRecord(number: number): FileRecord {
    const bytes = new Uint8Array(this.recordSize);
    this.read(number * this.recordSize, bytes);
    return this.#recordIn(memoryOf(bytes, this.recordSize), 0, number);
  }

  /** Forgets a record that was changed. */
  forget(number: number): void {
    this.#cache.forget(number * this.recordSize);
  }

  /** @throws as {@link record} */
  attributes(number: number): FileAttributes {
    return new FileAttributes(this.record(number), this);
  }

  /** Where a record stands on the volume. */
  offsetOf(number: number): number {
    return this.placeOf(number * this.recordSize);
  }

  #recordIn(records: Records, index: number, number: number): FileRecord {
    const start = index * this.recordSize;
    const offset = this.offsetOf(number);
    if (records.states[index] !== State.GOOD) prepare(records, index, start, this.recordSize, offset);
    return new FileRecord(number, records, start, this.recordSize, offset);
  }
}

const memoryOf = (bytes: Uint8Array, recordSize: number): Records => ({
  bytes,
  view: viewOf(bytes),
  states: new Uint8Array(Math.ceil(bytes.length / recordSize)),
});

/** Undoes the update sequence of a record, once. @throws FORMAT_MAGIC, FORMAT_STRUCTURE */
function prepare({ bytes, view, states }: Records, index: number, start: number, size: number, offset: number): void {
  if (view.getUint32(start, true) !== FILE_SIGNATURE) {
    const found = Buffer.from(bytes.subarray(start, start + 4)).toString('latin1');
    throw new FormatError('FORMAT_MAGIC', `a record begins with ${JSON.stringify(found)}`, {
      struct: FileRecordHeader.name,
      field: 'signature',
      offset,
      expected: 'FILE',
      actual: found,
    });
  }
  const problem = states[index] === State.BAD ? 'the record was not written in one piece' : undoFixups(view, start, size);
  states[index] = problem === undefined ? State.GOOD : State.BAD;
  if (problem !== undefined) throw damaged({ struct: FileRecordHeader.name, offset }, 'updateSequenceOffset', problem);
}

/** A record by itself. @throws FORMAT_MAGIC, FORMAT_STRUCTURE */
export function singleRecord(number: number, bytes: Uint8Array, offset: number): FileRecord {
  const memory = memoryOf(bytes, bytes.length);
  prepare(memory, 0, 0, bytes.length, offset);
  return new FileRecord(number, memory, 0, bytes.length, offset);
}
