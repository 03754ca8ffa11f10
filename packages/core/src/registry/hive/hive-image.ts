import { baseBlockChecksum, putBaseBlock, type BaseBlockFields } from './base-block.js';
import { BINS_AT, HiveBin, HiveFileType } from './base-block.layout.js';
import { CellSpace } from './cell-space.js';
import {
  BigData,
  KeyNode,
  KeySecurity,
  KeyValue,
  LeafElement,
  ListSignature,
  NOWHERE,
  SEGMENT_BYTES,
  SubkeyList,
  ValueFlag,
} from './cells.layout.js';
import { fieldWriter } from './field-writer.js';
import { encodeName, hashOfUpper, isLatin1 } from './hive-names.js';

/** Elements of a leaf whose cell fits a bin of 4096 bytes; Windows too divides longer lists. */
const LEAF_MAX = 507;
const INLINE = 0x8000_0000;
const INLINE_MAX = 4;

const putKeyFields = fieldWriter(KeyNode);
const putValueFields = fieldWriter(KeyValue);

export interface ImageValue {
  readonly name: string;
  readonly type: number;
  readonly data: Uint8Array;
  /** Other than that of the name's form. */
  readonly flags: number;
  readonly spare: number;
}

export interface ImageValues {
  readonly valueList: number;
  readonly valueCount: number;
  readonly maxValueName: number;
  readonly maxValueData: number;
}

export interface ImageChild {
  readonly offset: number;
  readonly upper: string;
}

interface Security {
  readonly offset: number;
  readonly bytes: Uint8Array;
  referenceCount: number;
}

/** Puts a hive together, cell by cell. */
export class HiveImage {
  readonly space = new CellSpace();
  readonly #security = new Map<string, Security>();

  /** The cell of a security descriptor, which all keys with the same one share. */
  security(bytes: Uint8Array): number {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    let shared = this.#security.get(text);
    if (!shared) {
      shared = { offset: this.space.allocate(KeySecurity.size + bytes.length), bytes, referenceCount: 0 };
      this.#security.set(text, shared);
    }
    shared.referenceCount++;
    return shared.offset;
  }

  values(values: readonly ImageValue[]): ImageValues {
    let maxValueName = 0;
    let maxValueData = 0;
    const list = Buffer.alloc(values.length * 4);
    for (const [i, value] of values.entries()) {
      list.writeUInt32LE(this.#value(value), i * 4);
      maxValueName = Math.max(maxValueName, value.name.length * 2);
      maxValueData = Math.max(maxValueData, value.data.length);
    }
    const valueList = values.length > 0 ? this.space.put(list) : NOWHERE;
    return { valueList, valueCount: values.length, maxValueName, maxValueData };
  }

  #value({ name, type, data, flags, spare }: ImageValue): number {
    const bytes = encodeName(name);
    const inline = data.length <= INLINE_MAX;
    const compressed = isLatin1(name) ? ValueFlag.COMP_NAME : 0;
    const offset = this.space.allocate(KeyValue.size + bytes.length);
    const tombstone = (flags & ValueFlag.TOMBSTONE) !== 0 && data.length === 0;
    const empty = { dataSize: 0, data: NOWHERE };
    const inside = { dataSize: INLINE + data.length, data: 0 };
    const where = tombstone ? empty : inline ? inside : { dataSize: data.length, data: this.#data(data) };
    const at = this.space.dataAt(offset);
    const fields = { ...where, nameLength: bytes.length, type, flags: (flags & ~ValueFlag.COMP_NAME) | compressed, spare };
    putValueFields(this.space.view, at, fields);
    if (inline && !tombstone) this.space.image.set(data, at + KeyValue.offsetOf('data'));
    this.space.image.set(bytes, at + KeyValue.size);
    return offset;
  }

  #data(data: Uint8Array): number {
    if (data.length <= SEGMENT_BYTES) return this.space.put(data);
    const count = Math.ceil(data.length / SEGMENT_BYTES);
    const list = Buffer.alloc(count * 4);
    for (let i = 0; i < count; i++) {
      // Windows gives the last segment too a cell for a whole one, and other programs rely on its being longer than the data.
      const segment = this.space.allocate(SEGMENT_BYTES);
      this.space.image.set(data.subarray(i * SEGMENT_BYTES, (i + 1) * SEGMENT_BYTES), this.space.dataAt(segment));
      list.writeUInt32LE(segment, i * 4);
    }
    return this.space.put(BigData.encode(BigData.create({ count, list: this.space.put(list) })));
  }

  /** A list of subkeys, which must be sorted by their names in upper case. */
  subkeys(children: readonly ImageChild[]): number {
    if (children.length === 0) return NOWHERE;
    const leaves: number[] = [];
    for (let i = 0; i < children.length; i += LEAF_MAX) leaves.push(this.#leaf(children.slice(i, i + LEAF_MAX)));
    if (leaves.length === 1) return leaves[0]!;
    const root = Buffer.alloc(SubkeyList.size + leaves.length * 4);
    SubkeyList.encodeInto(root, 0, { signature: ListSignature.RI, count: leaves.length });
    leaves.forEach((leaf, i) => root.writeUInt32LE(leaf, SubkeyList.size + i * 4));
    return this.space.put(root);
  }

  #leaf(children: readonly ImageChild[]): number {
    const leaf = Buffer.alloc(SubkeyList.size + children.length * LeafElement.size);
    SubkeyList.encodeInto(leaf, 0, { signature: ListSignature.LH, count: children.length });
    for (const [i, { offset, upper }] of children.entries()) {
      LeafElement.encodeInto(leaf, SubkeyList.size + i * LeafElement.size, { key: offset, hint: hashOfUpper(upper) });
    }
    return this.space.put(leaf);
  }

  className(name: string | undefined): { readonly className: number; readonly classNameLength: number } {
    if (name === undefined || name === '') return { className: NOWHERE, classNameLength: 0 };
    const bytes = Buffer.from(name, 'utf16le');
    return { className: this.space.put(bytes), classNameLength: bytes.length };
  }

  /** Room for a key, so that others can name it as their parent before it is written. */
  allocateKey(name: string): number {
    return this.space.allocate(KeyNode.size + encodeName(name).length);
  }

  putKey(offset: number, name: string, fields: Partial<ReturnType<typeof KeyNode.decode>>): void {
    const bytes = encodeName(name);
    const at = this.space.dataAt(offset);
    putKeyFields(this.space.view, at, fields);
    putKeyFields(this.space.view, at, { volatileSubkeyList: NOWHERE, nameLength: bytes.length });
    this.space.image.set(bytes, at + KeyNode.size);
  }

  /** The whole file. `block` is the base block whose other fields and bytes are kept. */
  finish(block: Uint8Array, fields: Partial<BaseBlockFields> & { readonly lastWritten: bigint }): Buffer {
    this.#putSecurity();
    const { image, size } = this.space;
    image.set(block.subarray(0, BINS_AT));
    putBaseBlock(image, {
      ...fields,
      majorVersion: 1,
      fileType: HiveFileType.PRIMARY,
      fileFormat: 1,
      binsSize: size,
      clusteringFactor: 1,
      checksum: baseBlockChecksum(image),
    });
    this.space.view.setBigUint64(BINS_AT + HiveBin.offsetOf('lastWritten'), fields.lastWritten, true);
    return image.subarray(0, BINS_AT + size);
  }

  #putSecurity(): void {
    const ring = [...this.#security.values()];
    for (const [i, { offset, bytes, referenceCount }] of ring.entries()) {
      const at = this.space.dataAt(offset);
      const next = ring[(i + 1) % ring.length]!.offset;
      const previous = ring[(i + ring.length - 1) % ring.length]!.offset;
      KeySecurity.encodeInto(this.space.image, at, KeySecurity.create({ next, previous, referenceCount, size: bytes.length }));
      this.space.image.set(bytes, at + KeySecurity.size);
    }
  }
}
