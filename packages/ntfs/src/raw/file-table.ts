import { AttributeCursor } from './attribute-cursor.js';
import { FILE_SIGNATURE } from './file-record.js';
import { undoFixups } from './fixups.js';
import { AttributeType, FileName, FileRecordHeader, NameSpace, RecordFlag } from './layouts/index.js';
import { NameTable } from './name-table.js';
import { recordOf, sequenceOf, viewOf } from './numbers.js';
import { KindCode, kindOfTag } from './reparse-kind.js';

const SEQUENCE = FileRecordHeader.offsetOf('sequenceNumber');
const FLAGS = FileRecordHeader.offsetOf('flags');
const BASE = FileRecordHeader.offsetOf('baseRecord');
const PARENT = FileName.offsetOf('parent');
const NAME_LENGTH = FileName.offsetOf('nameLength');
const NAME_SPACE = FileName.offsetOf('nameSpace');

const { IN_USE, DIRECTORY } = RecordFlag;
/** A base record. */
const BASE_RECORD = 4;
/** A record of which nothing can be read; it may not be in use, or never have been. */
const DAMAGED = 8;

/** What a table of FILE records is read from. */
export interface RecordTable {
  readonly recordSize: number;
  readonly count: number;
  read(position: number, buffer: Uint8Array): void;
}

const CHUNK = 1024 * 1024;

/**
 * What the FILE records say of names and folders, in arrays: a volume holds millions of them. Read once, in large pieces. A name is
 * known by its number; short names are not among them.
 */
export class FileTable {
  readonly names = new NameTable();
  /** By record: IN_USE, DIRECTORY, BASE_RECORD, DAMAGED. */
  flags: Uint8Array;
  sequences: Uint16Array;
  /** By record: {@link KindCode}. */
  kinds: Uint8Array;
  /** By name: the record of the file. */
  files = new Uint32Array(1024);
  /** By name: record and sequence number of its folder. */
  parents = new Uint32Array(1024);
  parentSequences = new Uint16Array(1024);
  /** What records said about others, which may come later: names by number, kinds by record. */
  readonly #extensions: { record: number; sequence: number; name?: number; kind?: KindCode }[] = [];
  readonly #cursor = new AttributeCursor();

  /** @throws SOURCE_UNREADABLE when the table cannot be read */
  constructor(table: RecordTable) {
    const { recordSize, count } = table;
    this.flags = new Uint8Array(0);
    this.sequences = new Uint16Array(0);
    this.kinds = new Uint8Array(0);
    const perChunk = Math.max(1, Math.floor(CHUNK / recordSize));
    const chunk = new Uint8Array(perChunk * recordSize);
    const view = viewOf(chunk);
    for (let first = 0; first < count; first += perChunk) {
      const records = Math.min(perChunk, count - first);
      // Room is made as records are really read, not for what a header claims.
      this.#reserve(first + records, count);
      table.read(first * recordSize, chunk.subarray(0, records * recordSize));
      for (let i = 0; i < records; i++) {
        if (this.#take(first + i, view, i * recordSize, recordSize)) continue;
        // Somebody may just be writing it.
        const again = new Uint8Array(recordSize);
        table.read((first + i) * recordSize, again);
        this.#take(first + i, viewOf(again), 0, recordSize);
      }
    }
    this.#applyExtensions();
  }

  get count(): number {
    return this.flags.length;
  }

  /** Bytes of memory. */
  get bytes(): number {
    return this.names.bytes + this.flags.length * 4 + this.files.length * 10;
  }

  isFile(record: number): boolean {
    return (this.flags[record]! & (IN_USE | BASE_RECORD)) === (IN_USE | BASE_RECORD);
  }
  isDirectory(record: number): boolean {
    return (this.flags[record]! & DIRECTORY) !== 0;
  }
  isDamaged(record: number): boolean {
    return (this.flags[record]! & DAMAGED) !== 0;
  }

  #reserve(records: number, most: number): void {
    if (records <= this.flags.length) return;
    const size = Math.min(most, Math.max(records, this.flags.length * 2));
    const [flags, sequences, kinds] = [new Uint8Array(size), new Uint16Array(size), new Uint8Array(size)];
    flags.set(this.flags);
    sequences.set(this.sequences);
    kinds.set(this.kinds);
    [this.flags, this.sequences, this.kinds] = [flags, sequences, kinds];
  }

  /** False: it was not written in one piece. */
  #take(number: number, view: DataView, at: number, size: number): boolean {
    const signature = view.getUint32(at, true);
    if (signature !== FILE_SIGNATURE) {
      this.flags[number] = DAMAGED;
      return true;
    }
    const flags = view.getUint16(at + FLAGS, true) & (IN_USE | DIRECTORY);
    this.sequences[number] = view.getUint16(at + SEQUENCE, true);
    if ((flags & IN_USE) === 0) return true;
    if (undoFixups(view, at, size) !== undefined) {
      this.flags[number] = DAMAGED;
      return false;
    }
    const base = recordOf(view, at + BASE);
    const baseSequence = sequenceOf(view, at + BASE);
    // What extends $MFT extends number 0.
    const isBase = base === 0 && baseSequence === 0;
    this.flags[number] = isBase ? flags | BASE_RECORD : flags;
    if (isBase) this.kinds[number] = (flags & DIRECTORY) !== 0 ? KindCode.DIRECTORY : KindCode.FILE;
    const owner = isBase ? number : base;
    const cursor = this.#cursor;
    cursor.open(view, at, size);
    while (cursor.next()) {
      if (cursor.type === AttributeType.FILE_NAME && cursor.resident) {
        const name = this.#addName(view, owner);
        if (!isBase && name >= 0) this.#extensions.push({ record: owner, sequence: baseSequence, name });
      } else if (cursor.type === AttributeType.REPARSE_POINT) {
        // What lies in clusters is looked at when somebody asks.
        const known = cursor.resident && cursor.valueLength >= 4;
        const kind = known ? kindOfTag(view.getUint32(cursor.valueAt, true), (flags & DIRECTORY) !== 0) : KindCode.UNKNOWN;
        if (isBase) this.kinds[number] = kind;
        else this.#extensions.push({ record: owner, sequence: baseSequence, kind: KindCode.UNKNOWN });
      } else if (cursor.type > AttributeType.REPARSE_POINT) break;
    }
    return true;
  }

  /** Says the number, or -1 for a short name and for what is no name. */
  #addName(view: DataView, owner: number): number {
    const { valueAt, valueLength } = this.#cursor;
    if (valueLength < FileName.size) return -1;
    const units = view.getUint8(valueAt + NAME_LENGTH);
    if (units === 0 || FileName.size + units * 2 > valueLength) return -1;
    if (view.getUint8(valueAt + NAME_SPACE) === NameSpace.DOS) return -1;
    const number = this.names.add(view, valueAt + FileName.size, units);
    if (number === this.files.length) this.#growNames();
    const parent = recordOf(view, valueAt + PARENT);
    this.files[number] = owner;
    this.parents[number] = Math.min(parent, 0xffff_ffff);
    this.parentSequences[number] = sequenceOf(view, valueAt + PARENT);
    return number;
  }

  #growNames(): void {
    const size = this.files.length * 2;
    const [files, parents, sequences] = [new Uint32Array(size), new Uint32Array(size), new Uint16Array(size)];
    files.set(this.files);
    parents.set(this.parents);
    sequences.set(this.parentSequences);
    [this.files, this.parents, this.parentSequences] = [files, parents, sequences];
  }

  /** Names and reparse points that stand in further records of a file count when they agree about whose they are. */
  #applyExtensions(): void {
    for (const { record, sequence, name, kind } of this.#extensions) {
      const belongs = record < this.count && this.isFile(record) && this.sequences[record] === sequence;
      if (name !== undefined && !belongs) this.parents[name] = NO_PARENT;
      if (kind !== undefined && belongs) this.kinds[record] = kind;
    }
    this.#extensions.length = 0;
  }
}

/** The parent of a name that is no name of a file. */
export const NO_PARENT = 0xffff_ffff;
