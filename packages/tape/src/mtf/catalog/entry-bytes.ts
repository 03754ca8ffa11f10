import { xor16 } from '@winback/core';
import { BlockType } from '../constants.js';
import {
  BlockHeader,
  DetailHeader,
  DetailObject,
  DetailVolume,
  DirectoryBlock,
  FileBlock,
  TapeAddress,
  VolumeBlock,
  WinbackTail,
} from '../layout/index.js';

/** A block as a catalog tells of it. */
export interface CatalogedBlock {
  /** Its bytes up to its first stream. */
  readonly bytes: Buffer;
  /** Its whole name, which may stand in a stream: as the block would have it. Of a VOLB none. */
  readonly name?: Buffer | undefined;
  /** What Winback adds. */
  readonly tail?: Uint8Array | undefined;
}

/** Entries say their own length in 16 bits. */
export const ENTRY_MAX = 0xffff;
const CHECKSUM = BlockHeader.offsetOf('checksum');
const OS_DATA = BlockHeader.offsetOf('osSpecificData');
const FIRST_EVENT = BlockHeader.offsetOf('offsetToFirstEvent');
/** In Windows NT's data: where the short name stands, from the start of what holds it. */
const SHORT_NAME = 4;

/** An entry that grows: a fixed part, and behind it what its addresses point to. */
export class EntryBytes {
  readonly #parts: Buffer[];
  #length: number;

  constructor(
    private readonly fixed: Buffer,
    stringsAt: number,
  ) {
    this.#parts = [fixed, Buffer.alloc(stringsAt - fixed.length)];
    this.#length = stringsAt;
  }

  /** Adds bytes, and their address into a field; gives their place. */
  put(field: number | undefined, bytes: Uint8Array): number {
    const at = this.#length;
    if (bytes.length === 0) return at;
    if (field !== undefined && at + bytes.length <= ENTRY_MAX) {
      this.fixed.writeUInt16LE(bytes.length, field + TapeAddress.offsetOf('length'));
      this.fixed.writeUInt16LE(at, field + TapeAddress.offsetOf('offset'));
    }
    this.#parts.push(Buffer.from(bytes));
    this.#length += bytes.length;
    this.#fill(2);
    return at;
  }

  /** The entry, whose length is a multiple of `unit`; undefined when it would be too long. */
  end(tail?: Uint8Array, unit = 2): Buffer | undefined {
    this.#fill(unit);
    if (tail) {
      this.#fill(4);
      this.put(undefined, tail);
      this.#fill(4);
      this.put(undefined, WinbackTail.encode({ size: Math.ceil(tail.length / 4) * 4, id: 'WBTL' }));
    }
    return this.#length > ENTRY_MAX ? undefined : Buffer.concat(this.#parts);
  }

  #fill(unit: number): void {
    const rest = (unit - (this.#length % unit)) % unit;
    if (rest > 0) this.#parts.push(Buffer.alloc(rest));
    this.#length += rest;
  }
}

/** What an address of a block, or of an entry, points to. */
export function pointedTo(bytes: Buffer, field: number): Buffer {
  const length = bytes.readUInt16LE(field + TapeAddress.offsetOf('length'));
  const offset = bytes.readUInt16LE(field + TapeAddress.offsetOf('offset'));
  return offset + length <= bytes.length ? bytes.subarray(offset, offset + length) : bytes.subarray(0, 0);
}

// There is an entry for each file: what is the same in all of them is made once.
const HEADER = DetailHeader.create();
const VOLUME = DetailVolume.create();
const OBJECT = DetailObject.create();

/** The entry of a VOLB, DIRB or FILE in a catalog of type 1; undefined when it has no room in one. */
export function detailEntry({ bytes, name, tail }: CatalogedBlock, mediaSequence: number): Buffer | undefined {
  const type = bytes.toString('latin1', 0, 4);
  const block = BlockHeader.decode(bytes);
  const header = {
    length: 0,
    type,
    mediaSequence,
    attributes: block.attributes,
    fla: block.fla,
    displayableSize: block.displayableSize,
    link: 0,
    osId: block.osId,
    osVersion: block.osVersion,
    stringType: block.stringType,
  };
  let entry: EntryBytes;
  let fixed: Buffer;
  if (type === BlockType.VOLB) {
    const { volumeAttributes, date } = VolumeBlock.decode(bytes);
    fixed = Buffer.from(DetailVolume.encode({ ...VOLUME, header: { ...HEADER, ...header }, volumeAttributes, date }));
    entry = new EntryBytes(fixed, even(DetailVolume.size));
    for (const field of ['deviceName', 'volumeName', 'machineName'] as const)
      entry.put(DetailVolume.offsetOf(field), pointedTo(bytes, VolumeBlock.offsetOf(field)));
    entry.put(DetailVolume.offsetOf('osSpecificData'), pointedTo(bytes, OS_DATA));
  } else {
    const isFolder = type === BlockType.DIRB;
    const directory = isFolder ? DirectoryBlock.decode(bytes) : undefined;
    const object = directory ?? FileBlock.decode(bytes);
    const { modified, created, backedUp, accessed } = object;
    const objectAttributes = bytes.readUInt32LE(DirectoryBlock.offsetOf('directoryAttributes'));
    fixed = Buffer.from(
      DetailObject.encode({
        ...OBJECT,
        header: { ...HEADER, ...header },
        modified,
        created,
        backedUp,
        accessed,
        objectAttributes,
      }),
    );
    entry = new EntryBytes(fixed, even(DetailObject.size));
    const nameField = isFolder ? DirectoryBlock.offsetOf('name') : FileBlock.offsetOf('name');
    entry.put(DetailObject.offsetOf('name'), name ?? pointedTo(bytes, nameField));
    const data = Buffer.from(pointedTo(bytes, OS_DATA));
    if (data.length >= SHORT_NAME + 4) moveShortName(entry, bytes, data);
    entry.put(DetailObject.offsetOf('osSpecificData'), data);
  }
  const whole = entry.end(tail);
  whole?.writeUInt16LE(whole.length, DetailHeader.offsetOf('length'));
  return whole;
}

const even = (n: number): number => n + (n & 1);

/** Takes the short name along that Windows NT's data points to. */
function moveShortName(entry: EntryBytes, bytes: Buffer, data: Buffer): void {
  const [offset, length] = [data.readUInt16LE(SHORT_NAME), data.readUInt16LE(SHORT_NAME + 2)];
  if (length === 0 || offset + length > bytes.length) return;
  const place = entry.put(undefined, bytes.subarray(offset, offset + length));
  data.writeUInt16LE(place & 0xffff, SHORT_NAME);
}

/** A whole block as catalogs of type 2 have it: its first event is the next block. Undefined when it is too long. */
export function wholeBlock({ bytes, name, tail }: CatalogedBlock): Buffer | undefined {
  const fixed = Buffer.from(bytes);
  const entry = new EntryBytes(fixed, Math.ceil(fixed.length / 4) * 4);
  const type = fixed.toString('latin1', 0, 4);
  const field = type === BlockType.DIRB ? DirectoryBlock.offsetOf('name') : FileBlock.offsetOf('name');
  if (name && fixed.readUInt16LE(field) === 0) entry.put(field, name);
  const whole = entry.end(tail, 4);
  if (!whole) return undefined;
  whole.writeUInt16LE(whole.length, FIRST_EVENT);
  sealBlock(whole);
  return whole;
}

export function sealBlock(block: Buffer): void {
  block.writeUInt16LE(xor16(block, 0, CHECKSUM), CHECKSUM);
}

/** What Winback added to an entry. */
export function tailOf(entry: Buffer): Buffer | undefined {
  const at = entry.length - WinbackTail.size;
  if (at < 0 || entry.toString('latin1', at + 4) !== 'WBTL') return undefined;
  const size = entry.readUInt32LE(at);
  return size <= at ? entry.subarray(at - size, at) : undefined;
}

/** Whether a block with the right checksum stands at a place, whose first event lies within the bytes. */
export function isWholeBlock(bytes: Buffer, at: number): boolean {
  if (at + BlockHeader.size > bytes.length) return false;
  const length = bytes.readUInt16LE(at + FIRST_EVENT);
  return length >= BlockHeader.size && at + length <= bytes.length && xor16(bytes, at, CHECKSUM) === bytes.readUInt16LE(at + CHECKSUM);
}
