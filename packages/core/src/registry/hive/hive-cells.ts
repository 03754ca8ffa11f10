import { BigData, CellHeader, KeyFlag, KeyNode, KeySecurity, KeyValue, NOWHERE, SEGMENT_BYTES, ValueFlag } from './cells.layout.js';
import { HiveBin } from './base-block.layout.js';
import type { HiveBytes } from './hive-bytes.js';
import type { Subkeys } from './hive-lists.js';
import { CellProblem } from './problems.js';

const HEADER = CellHeader.size;
const NK = 0x6b6e;
const VK = 0x6b76;
const SK = 0x6b73;
const DB = 0x6264;
const INLINE = 0x8000_0000;
const INLINE_MAX = 4;
/** Longer than any security descriptor: their ACLs have 16-bit sizes. */
const SECURITY_MAX = 0x4_0000;
/** Data of up to so many bytes is copied into a slab. */
const SMALL = 512;
const SLAB = 16_384;

const nk = {
  flags: KeyNode.offsetOf('flags'),
  lastWrite: KeyNode.offsetOf('lastWrite'),
  accessBits: KeyNode.offsetOf('accessBits'),
  parent: KeyNode.offsetOf('parent'),
  subkeyCount: KeyNode.offsetOf('subkeyCount'),
  subkeyList: KeyNode.offsetOf('subkeyList'),
  valueCount: KeyNode.offsetOf('valueCount'),
  valueList: KeyNode.offsetOf('valueList'),
  security: KeyNode.offsetOf('security'),
  className: KeyNode.offsetOf('className'),
  virtualizationFlags: KeyNode.offsetOf('virtualizationFlags'),
  workVar: KeyNode.offsetOf('workVar'),
  nameLength: KeyNode.offsetOf('nameLength'),
  classNameLength: KeyNode.offsetOf('classNameLength'),
};
const vk = {
  nameLength: KeyValue.offsetOf('nameLength'),
  dataSize: KeyValue.offsetOf('dataSize'),
  data: KeyValue.offsetOf('data'),
  type: KeyValue.offsetOf('type'),
  flags: KeyValue.offsetOf('flags'),
  spare: KeyValue.offsetOf('spare'),
};

/** A key as its cell has it. */
export interface HiveNode {
  readonly offset: number;
  readonly name: string;
  readonly flags: number;
  /** FILETIME. */
  readonly lastWrite: bigint;
  readonly accessBits: number;
  readonly parent: number;
  readonly subkeyCount: number;
  readonly subkeyList: number;
  readonly valueCount: number;
  readonly valueList: number;
  readonly security: number;
  readonly className: number;
  readonly classNameLength: number;
  readonly virtualizationFlags: number;
  readonly workVar: number;
  /** Its subkeys, once they were listed. */
  listed: Subkeys | undefined;
}

/** A value as its cell has it; its data is elsewhere. */
export interface HiveValue {
  readonly offset: number;
  readonly name: string;
  readonly type: number;
  readonly size: number;
  readonly data: number;
  readonly flags: number;
  readonly spare: number;
}

/** Reads cells of each kind. What cannot be one throws a {@link CellProblem}. */
export class HiveCells {
  #slab = new ArrayBuffer(0);
  #slabUsed = 0;

  constructor(readonly bytes: HiveBytes) {}

  /** Bytes of data in a cell that is in use. */
  cell(offset: number): number {
    if (offset < HiveBin.size || offset % 8 !== 0) throw new CellProblem('there can be no cell at this place', offset);
    const at = this.bytes.locate(offset, HEADER);
    const size = -this.bytes.view.getInt32(at, true);
    if (size < 8) throw new CellProblem(size <= 0 ? 'the cell is free' : 'the cell has an impossible size', offset);
    if (offset + size > this.bytes.length) throw new CellProblem('the cell reaches beyond the end of the hive', offset);
    return size - HEADER;
  }

  /** Where a structure of at least `size` bytes begins; `signature` is that of its first two bytes. */
  #structure(offset: number, size: number, signature: number, what: string): number {
    const length = this.cell(offset);
    if (length < size) throw new CellProblem(`the cell is too small for ${what}`, offset);
    const at = this.bytes.locate(offset + HEADER, size);
    if (this.bytes.view.getUint16(at, true) !== signature) throw new CellProblem(`it is not ${what}`, offset);
    return at;
  }

  #name(offset: number, structure: number, length: number, latin1: boolean, room: number): string {
    if (length > room - structure) throw new CellProblem('the name is longer than its cell', offset);
    if (!latin1 && length % 2 !== 0) throw new CellProblem('the name ends in the middle of a character', offset);
    const at = this.bytes.locate(offset + HEADER + structure, length);
    return latin1 ? this.bytes.bytes.toString('latin1', at, at + length) : this.bytes.bytes.toString('utf16le', at, at + length);
  }

  node(offset: number): HiveNode {
    const room = this.cell(offset);
    const at = this.#structure(offset, KeyNode.size, NK, 'a key');
    const { view } = this.bytes;
    const flags = view.getUint16(at + nk.flags, true);
    const nameLength = view.getUint16(at + nk.nameLength, true);
    const lastWrite = view.getBigUint64(at + nk.lastWrite, true);
    const accessBits = view.getUint32(at + nk.accessBits, true);
    const parent = view.getUint32(at + nk.parent, true);
    const subkeyCount = view.getUint32(at + nk.subkeyCount, true);
    const subkeyList = view.getUint32(at + nk.subkeyList, true);
    const valueCount = view.getUint32(at + nk.valueCount, true);
    const valueList = view.getUint32(at + nk.valueList, true);
    const security = view.getUint32(at + nk.security, true);
    const className = view.getUint32(at + nk.className, true);
    const classNameLength = view.getUint16(at + nk.classNameLength, true);
    const virtualizationFlags = view.getUint16(at + nk.virtualizationFlags, true);
    const workVar = view.getUint32(at + nk.workVar, true);
    const name = this.#name(offset, KeyNode.size, nameLength, (flags & KeyFlag.COMP_NAME) !== 0, room);
    // prettier-ignore
    return { offset, name, flags, lastWrite, accessBits, parent, subkeyCount, subkeyList, valueCount, valueList, security, className, classNameLength,
      virtualizationFlags, workVar, listed: undefined };
  }

  /** The parent and the name of a key: all that a listing needs. */
  nodeName(offset: number): { readonly name: string; readonly parent: number } {
    const room = this.cell(offset);
    const at = this.#structure(offset, KeyNode.size, NK, 'a key');
    const { view } = this.bytes;
    const parent = view.getUint32(at + nk.parent, true);
    const latin1 = (view.getUint16(at + nk.flags, true) & KeyFlag.COMP_NAME) !== 0;
    return { parent, name: this.#name(offset, KeyNode.size, view.getUint16(at + nk.nameLength, true), latin1, room) };
  }

  isNode(offset: number): boolean {
    try {
      this.#structure(offset, KeyNode.size, NK, 'a key');
      return true;
    } catch (error) {
      if (error instanceof CellProblem) return false;
      throw error;
    }
  }

  className({ className, classNameLength }: HiveNode): string | undefined {
    if (className === NOWHERE || classNameLength === 0) return undefined;
    if (this.cell(className) < classNameLength) throw new CellProblem('the class name is longer than its cell', className);
    const at = this.bytes.locate(className + HEADER, classNameLength);
    return this.bytes.bytes.toString('utf16le', at, at + classNameLength);
  }

  /** A self-relative SECURITY_DESCRIPTOR; undefined where the key has none. */
  security({ security }: HiveNode): Uint8Array | undefined {
    if (security === NOWHERE) return undefined;
    const room = this.cell(security);
    const at = this.#structure(security, KeySecurity.size, SK, 'a security descriptor');
    const size = this.bytes.view.getUint32(at + KeySecurity.offsetOf('size'), true);
    if (size > room - KeySecurity.size || size > SECURITY_MAX) {
      throw new CellProblem('the security descriptor is longer than its cell', security);
    }
    return this.#copy(security + HEADER + KeySecurity.size, size);
  }

  value(offset: number): HiveValue {
    const room = this.cell(offset);
    const at = this.#structure(offset, KeyValue.size, VK, 'a value');
    const { view } = this.bytes;
    const nameLength = view.getUint16(at + vk.nameLength, true);
    const size = view.getUint32(at + vk.dataSize, true);
    const data = view.getUint32(at + vk.data, true);
    const type = view.getUint32(at + vk.type, true);
    const flags = view.getUint16(at + vk.flags, true);
    const spare = view.getUint16(at + vk.spare, true);
    const name = this.#name(offset, KeyValue.size, nameLength, (flags & ValueFlag.COMP_NAME) !== 0, room);
    return { offset, name, type, size, data, flags, spare };
  }

  /** The data of a value, a copy. */
  data({ offset, size, data }: HiveValue): Uint8Array {
    if (size >= INLINE) {
      const length = size - INLINE;
      if (length > INLINE_MAX) throw new CellProblem('data of more than four bytes is said to stand in the value itself', offset);
      return this.#copy(offset + HEADER + vk.data, length);
    }
    if (size === 0) return new Uint8Array(0);
    const room = this.cell(data);
    if (size > SEGMENT_BYTES && room >= BigData.size) {
      const at = this.bytes.locate(data + HEADER, BigData.size);
      if (this.bytes.view.getUint16(at, true) === DB && room < size) return this.#bigData(data, size);
    }
    if (size > room) throw new CellProblem(`the data (${String(size)} bytes) is longer than its cell`, data);
    return this.#copy(data + HEADER, size);
  }

  #bigData(offset: number, size: number): Uint8Array {
    const at = this.bytes.locate(offset + HEADER, BigData.size);
    const count = this.bytes.view.getUint16(at + BigData.offsetOf('count'), true);
    const list = this.bytes.view.getUint32(at + BigData.offsetOf('list'), true);
    // Segments are cells of their own, so all of them together are smaller than the hive.
    if (count !== Math.ceil(size / SEGMENT_BYTES) || size > this.bytes.length) {
      throw new CellProblem(`data of ${String(size)} bytes is said to stand in ${String(count)} segments`, offset);
    }
    const segments = this.offsets(list, count);
    const out = new Uint8Array(size);
    for (let i = 0, done = 0; done < size; i++) {
      const segment = segments[i]!;
      const some = Math.min(SEGMENT_BYTES, size - done);
      if (this.cell(segment) < some) throw new CellProblem('a segment of the data is longer than its cell', segment);
      const from = this.bytes.locate(segment + HEADER, some);
      out.set(this.bytes.bytes.subarray(from, from + some), done);
      done += some;
    }
    return out;
  }

  /** The first `count` offsets in a cell. */
  offsets(list: number, count: number): Uint32Array {
    if (this.cell(list) < count * 4) throw new CellProblem(`the list is shorter than ${String(count)} elements`, list);
    const out = new Uint32Array(count);
    const at = this.bytes.locate(list + HEADER, count * 4);
    for (let i = 0; i < count; i++) out[i] = this.bytes.view.getUint32(at + i * 4, true);
    return out;
  }

  #copy(offset: number, size: number): Uint8Array {
    const at = this.bytes.locate(offset, size);
    const { bytes } = this.bytes;
    if (size > SMALL) return new Uint8Array(bytes.buffer, bytes.byteOffset + at, size).slice();
    const copy = this.#room(size);
    for (let i = 0; i < size; i++) copy[i] = bytes[at + i]!;
    return copy;
  }

  /** A piece of memory that many small copies share: making a buffer for each takes longer than everything else. */
  #room(size: number): Uint8Array {
    if (this.#slabUsed + size > this.#slab.byteLength) {
      this.#slab = new ArrayBuffer(SLAB);
      this.#slabUsed = 0;
    }
    const room = new Uint8Array(this.#slab, this.#slabUsed, size);
    this.#slabUsed += size;
    return room;
  }
}
