import { AttributeCursor, FORM } from './attribute-cursor.js';
import { damaged, type Place } from './damage.js';
import { AttributeHeader, FileRecordHeader, NonResidentHeader, RecordFlag } from './layouts/index.js';
import { recordOf, sequenceOf, textAt, u64At } from './numbers.js';

const SEQUENCE = FileRecordHeader.offsetOf('sequenceNumber');
const FLAGS = FileRecordHeader.offsetOf('flags');
const USED = FileRecordHeader.offsetOf('usedBytes');
const BASE = FileRecordHeader.offsetOf('baseRecord');
const NAME_LENGTH = AttributeHeader.offsetOf('nameLength');
const NAME_OFFSET = AttributeHeader.offsetOf('nameOffset');
const ATTRIBUTE_FLAGS = AttributeHeader.offsetOf('flags');
const ATTRIBUTE_ID = AttributeHeader.offsetOf('attributeId');
const LOWEST_VCN = FORM + NonResidentHeader.offsetOf('lowestVcn');
const HIGHEST_VCN = FORM + NonResidentHeader.offsetOf('highestVcn');
const UNIT = FORM + NonResidentHeader.offsetOf('compressionUnit');
const SIZE = FORM + NonResidentHeader.offsetOf('dataSize');
const VALID = FORM + NonResidentHeader.offsetOf('validDataLength');

const cursor = new AttributeCursor();
/** "FILE" as a 32-bit number. */
export const FILE_SIGNATURE = 0x454c_4946;

/** FILE records in memory, which stay as they are once their update sequences are undone. */
export interface RecordMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** A FILE record whose update sequence is undone: a stretch of memory that it shares with its neighbours. */
export class FileRecord implements Place {
  #pieces: AttributePiece[] | undefined;

  constructor(
    readonly number: number,
    readonly memory: RecordMemory,
    /** Where in the memory it begins, and how many bytes it has. */
    readonly start: number,
    readonly size: number,
    /** Bytes from the start of the volume. */
    readonly offset: number,
  ) {}

  get struct(): string {
    return FileRecordHeader.name;
  }
  get sequence(): number {
    return this.memory.view.getUint16(this.start + SEQUENCE, true);
  }
  get inUse(): boolean {
    return (this.memory.view.getUint16(this.start + FLAGS, true) & RecordFlag.IN_USE) !== 0;
  }
  get isDirectory(): boolean {
    return (this.memory.view.getUint16(this.start + FLAGS, true) & RecordFlag.DIRECTORY) !== 0;
  }
  /** Whether it extends no other: that of $MFT has number 0, but a sequence number. */
  get isBase(): boolean {
    return this.base === 0 && this.baseSequence === 0;
  }
  /** Number of the record that this one extends. */
  get base(): number {
    return recordOf(this.memory.view, this.start + BASE);
  }
  get baseSequence(): number {
    return sequenceOf(this.memory.view, this.start + BASE);
  }
  /** The part that is used; not a copy. */
  get usedBytes(): Uint8Array {
    const used = Math.min(this.size, this.memory.view.getUint32(this.start + USED, true));
    return this.memory.bytes.subarray(this.start, this.start + used);
  }

  /** @throws FORMAT_STRUCTURE */
  get pieces(): readonly AttributePiece[] {
    if (this.#pieces) return this.#pieces;
    const pieces: AttributePiece[] = [];
    cursor.open(this.memory.view, this.start, this.size);
    while (cursor.next()) pieces.push(new AttributePiece(this, cursor));
    if (cursor.problem !== undefined) {
      throw damaged({ struct: this.struct, offset: this.offset + cursor.at - this.start }, 'attributes', cursor.problem);
    }
    return (this.#pieces = pieces);
  }
}

/** One attribute of a record, or a piece of one that many records hold. */
export class AttributePiece implements Place {
  readonly type: number;
  readonly name: string;
  readonly flags: number;
  readonly resident: boolean;
  /** Where in the record's memory a resident value stands, or the runs. */
  readonly valueAt: number;
  /** Bytes of a resident value, or of the room for the runs. */
  readonly valueLength: number;
  readonly #at: number;

  constructor(
    readonly record: FileRecord,
    from: AttributeCursor,
  ) {
    const { view, bytes } = record.memory;
    const at = (this.#at = from.at);
    const nameLength = view.getUint8(at + NAME_LENGTH);
    this.type = from.type;
    this.name = nameLength === 0 ? '' : textAt(bytes, at + view.getUint16(at + NAME_OFFSET, true), nameLength);
    this.flags = view.getUint16(at + ATTRIBUTE_FLAGS, true);
    this.resident = from.resident;
    this.valueAt = from.valueAt;
    this.valueLength = from.valueLength;
  }

  get struct(): string {
    return AttributeHeader.name;
  }
  /** Bytes from the start of the volume. */
  get offset(): number {
    return this.record.offset + this.#at - this.record.start;
  }
  get id(): number {
    return this.record.memory.view.getUint16(this.#at + ATTRIBUTE_ID, true);
  }
  /** A resident value, or the bytes that the runs stand in; not a copy. */
  get value(): Uint8Array {
    return this.record.memory.bytes.subarray(this.valueAt, this.valueAt + this.valueLength);
  }
  // Non-resident ones:
  get lowestVcn(): number {
    return this.resident ? 0 : u64At(this.record.memory.view, this.#at + LOWEST_VCN);
  }
  /** One more than the highest, so that -1 is 0. */
  get vcnEnd(): number {
    return Number(this.record.memory.view.getBigInt64(this.#at + HIGHEST_VCN, true)) + 1;
  }
  get compressionUnit(): number {
    return this.record.memory.view.getUint8(this.#at + UNIT);
  }
  get dataSize(): number {
    return u64At(this.record.memory.view, this.#at + SIZE);
  }
  get validDataLength(): number {
    return u64At(this.record.memory.view, this.#at + VALID);
  }
}
