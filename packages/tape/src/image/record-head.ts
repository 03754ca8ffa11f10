import { crc32 } from 'node:zlib';
import { CartridgeRecord, RecordKind } from './cartridge.layout.js';
import { MAXIMUM_BLOCK_SIZE } from './medium.js';

export const HEAD_SIZE = CartridgeRecord.size;
const TWO_32 = 0x1_0000_0000;
const SIGNATURE = 0x5254_4257;
const at = (field: Parameters<typeof CartridgeRecord.offsetOf>[0]): number => CartridgeRecord.offsetOf(field);
const KIND = at('kind');
const PARTITION = at('partition');
const LENGTH = at('length');
const DATA_CHECKSUM = at('dataChecksum');
const GENERATION = at('generation');
const CHECKSUM = at('checksum');
const NUMBER = at('number');
const OFFSET = at('offset');
const PREVIOUS = at('previous');
const JUMP = at('jump');
const PREVIOUS_MARK = at('previousMark');

/** Bytes that a block of `length` bytes takes, with its head. */
export const recordSize = (length: number): number => HEAD_SIZE + Math.ceil(length / HEAD_SIZE) * HEAD_SIZE;

/** The head of a record, read from and written to bytes without making an object: there is one for each block of a tape. */
export class RecordHead {
  kind = 0;
  length = 0;
  dataChecksum = 0;
  generation = 0;
  number = 0;
  offset = 0;
  previous = 0;
  jump = 0;
  previousMark = 0;

  constructor(
    private readonly salt: number,
    private readonly partition: number,
  ) {}

  /** False: there is no head of this partition that belongs at `offset`. */
  read(bytes: Buffer, from: number, offset: number): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset + from, HEAD_SIZE);
    if (view.getUint32(0, true) !== SIGNATURE || view.getUint8(PARTITION) !== this.partition) return false;
    const stored = view.getUint32(CHECKSUM, true);
    view.setUint32(CHECKSUM, 0, true);
    const sum = crc32(bytes.subarray(from, from + HEAD_SIZE), this.salt);
    view.setUint32(CHECKSUM, stored, true);
    if (sum !== stored) return false;
    this.kind = view.getUint8(KIND);
    this.length = view.getUint32(LENGTH, true);
    this.dataChecksum = view.getUint32(DATA_CHECKSUM, true);
    this.generation = view.getUint32(GENERATION, true);
    this.number = get64(view, NUMBER);
    this.offset = get64(view, OFFSET);
    this.previous = get64(view, PREVIOUS);
    this.jump = get64(view, JUMP);
    this.previousMark = get64(view, PREVIOUS_MARK);
    if (this.offset !== offset || this.previous > offset || this.jump > offset || this.previousMark > offset) return false;
    return this.kind === RecordKind.BLOCK ? this.length <= MAXIMUM_BLOCK_SIZE : this.kind <= RecordKind.LONG_FILEMARK && this.length === 0;
  }

  write(bytes: Buffer, from: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset + from, HEAD_SIZE);
    bytes.fill(0, from, from + HEAD_SIZE);
    view.setUint32(0, SIGNATURE, true);
    view.setUint8(KIND, this.kind);
    view.setUint8(PARTITION, this.partition);
    view.setUint32(LENGTH, this.length, true);
    view.setUint32(DATA_CHECKSUM, this.dataChecksum, true);
    view.setUint32(GENERATION, this.generation, true);
    set64(view, NUMBER, this.number);
    set64(view, OFFSET, this.offset);
    set64(view, PREVIOUS, this.previous);
    set64(view, JUMP, this.jump);
    set64(view, PREVIOUS_MARK, this.previousMark);
    view.setUint32(CHECKSUM, crc32(bytes.subarray(from, from + HEAD_SIZE), this.salt), true);
  }
}

const get64 = (view: DataView, field: number): number => view.getUint32(field + 4, true) * TWO_32 + view.getUint32(field, true);

function set64(view: DataView, field: number, value: number): void {
  view.setUint32(field, value % TWO_32, true);
  view.setUint32(field + 4, Math.floor(value / TWO_32), true);
}
