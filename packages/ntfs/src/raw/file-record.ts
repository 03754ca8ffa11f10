import { AttributeCursor, FORM } from './attribute-cursor.js';
import { damaged, type Place } from './damage.js';
import { AttributeHeader, FileRecordHeader, NonResidentHeader, RecordFlag } from './layouts/index.js';
import { recordOf, sequenceOf, textAt, u64At, viewOf } from './numbers.js';

const SEQUENCE = FileRecordHeader.offsetOf('sequenceNumber');
const FLAGS = FileRecordHeader.offsetOf('flags');
const BASE = FileRecordHeader.offsetOf('baseRecord');
const NAME_LENGTH = AttributeHeader.offsetOf('nameLength');
const NAME_OFFSET = AttributeHeader.offsetOf('nameOffset');
const ATTRIBUTE_FLAGS = AttributeHeader.offsetOf('flags');
const ATTRIBUTE_ID = AttributeHeader.offsetOf('attributeId');
const LOWEST_VCN = FORM + NonResidentHeader.offsetOf('lowestVcn');
const HIGHEST_VCN = FORM + NonResidentHeader.offsetOf('highestVcn');
const UNIT = FORM + NonResidentHeader.offsetOf('compressionUnit');
const ALLOCATED = FORM + NonResidentHeader.offsetOf('allocatedSize');
const SIZE = FORM + NonResidentHeader.offsetOf('dataSize');
const VALID = FORM + NonResidentHeader.offsetOf('validDataLength');

const cursor = new AttributeCursor();
/** "FILE" as a 32-bit number. */
export const FILE_SIGNATURE = 0x454c_4946;

/** A FILE record whose update sequence is undone. */
export class FileRecord implements Place {
  readonly struct = FileRecordHeader.name;
  readonly view: DataView;
  #pieces: AttributePiece[] | undefined;

  constructor(
    readonly number: number,
    readonly bytes: Uint8Array,
    /** Bytes from the start of the volume. */
    readonly offset: number,
  ) {
    this.view = viewOf(bytes);
  }

  get sequence(): number {
    return this.view.getUint16(SEQUENCE, true);
  }
  get inUse(): boolean {
    return (this.view.getUint16(FLAGS, true) & RecordFlag.IN_USE) !== 0;
  }
  get isDirectory(): boolean {
    return (this.view.getUint16(FLAGS, true) & RecordFlag.DIRECTORY) !== 0;
  }
  /** Number of the record that this one extends; 0: none. */
  get base(): number {
    return recordOf(this.view, BASE);
  }
  get baseSequence(): number {
    return sequenceOf(this.view, BASE);
  }

  /** @throws FORMAT_STRUCTURE */
  get pieces(): readonly AttributePiece[] {
    if (this.#pieces) return this.#pieces;
    const pieces: AttributePiece[] = [];
    cursor.open(this.view, 0, this.bytes.length);
    while (cursor.next()) pieces.push(new AttributePiece(this, cursor));
    if (cursor.problem !== undefined) throw damaged({ struct: this.struct, offset: this.offset + cursor.at }, 'attributes', cursor.problem);
    return (this.#pieces = pieces);
  }
}

/** One attribute of a record, or a piece of one that many records hold. */
export class AttributePiece implements Place {
  readonly struct = AttributeHeader.name;
  readonly type: number;
  readonly name: string;
  readonly flags: number;
  readonly id: number;
  readonly resident: boolean;
  readonly #at: number;
  readonly #valueAt: number;
  readonly #valueLength: number;

  constructor(
    readonly record: FileRecord,
    from: AttributeCursor,
  ) {
    const { view, bytes } = record;
    const at = (this.#at = from.at);
    const nameLength = view.getUint8(at + NAME_LENGTH);
    this.type = from.type;
    this.name = nameLength === 0 ? '' : textAt(bytes, at + view.getUint16(at + NAME_OFFSET, true), nameLength);
    this.flags = view.getUint16(at + ATTRIBUTE_FLAGS, true);
    this.id = view.getUint16(at + ATTRIBUTE_ID, true);
    this.resident = from.resident;
    this.#valueAt = from.valueAt;
    this.#valueLength = from.valueLength;
  }

  /** Bytes from the start of the volume. */
  get offset(): number {
    return this.record.offset + this.#at;
  }
  /** A resident value, or the bytes that the runs stand in; in the record's own memory. */
  get value(): Uint8Array {
    return this.record.bytes.subarray(this.#valueAt, this.#valueAt + this.#valueLength);
  }
  get valueLength(): number {
    return this.#valueLength;
  }
  // Non-resident ones:
  get lowestVcn(): number {
    return this.resident ? 0 : u64At(this.record.view, this.#at + LOWEST_VCN);
  }
  /** One more than the highest, so that -1 is 0. */
  get vcnEnd(): number {
    return Number(this.record.view.getBigInt64(this.#at + HIGHEST_VCN, true)) + 1;
  }
  get compressionUnit(): number {
    return this.record.view.getUint8(this.#at + UNIT);
  }
  get allocatedSize(): number {
    return u64At(this.record.view, this.#at + ALLOCATED);
  }
  get dataSize(): number {
    return u64At(this.record.view, this.#at + SIZE);
  }
  get validDataLength(): number {
    return u64At(this.record.view, this.#at + VALID);
  }
}
