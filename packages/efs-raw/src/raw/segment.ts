import { FormatError } from '@winback/core';
import { SECTOR } from '../content/item.js';
import { EncryptedDataInfo, ExtendedDataInfo, StreamSegment } from './robs.layout.js';

/** A stretch of a segment: bytes that are there, or a hole. */
export interface Block {
  /** In the stream. */
  readonly offset: number;
  /** Stored bytes; 0: a hole. */
  readonly length: number;
}

/** What the header of an encrypted segment says. */
export interface EncryptedSegment {
  readonly start: number;
  /** Where the segment ends in the stream, holes included. */
  readonly end: number;
  /** Where the stream or the segment ends, whichever comes first. */
  readonly sizeEnd: number;
  /** Where the valid data ends, as far as the segment goes. */
  readonly validEnd: number;
  readonly blocks: readonly Block[];
  readonly sparse: boolean;
}

const EXTENDED_SPARSE = 1;
const LARGEST_SHIFT = 32;

const wrong = (field: string, problem: string, at: number, expected?: unknown, actual?: unknown): FormatError =>
  new FormatError('FORMAT_RANGE', problem, { struct: EncryptedDataInfo.name, field, offset: at, expected, actual });

/** Bytes of an encrypted segment's second header, or undefined if fewer than that can be told from these. */
export const infoLength = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + EncryptedDataInfo.offsetOf('length'), true);

/**
 * Reads the header of an encrypted segment.
 * @param dataLength bytes of data that the segment has
 * @param origin where the header stands in the file
 * @throws FORMAT_SHORT, FORMAT_RANGE when it contradicts itself
 */
export function decodeSegment(bytes: Uint8Array, origin: number, dataLength: number): EncryptedSegment {
  const info = EncryptedDataInfo.decode(bytes, 0, origin);
  const { numberOfDataBlocks: count, dataUnitShift, startingFileOffset: start } = info;
  const sizesEnd = EncryptedDataInfo.size + 4 * count;
  if (info.length < sizesEnd || info.length > bytes.length)
    throw wrong('length', `${count} block sizes need ${sizesEnd} bytes`, origin + 8, `${sizesEnd}..${bytes.length}`, info.length);
  if (dataUnitShift > LARGEST_SHIFT)
    throw wrong('dataUnitShift', 'the data unit is no size', origin + 0x16, `0..${LARGEST_SHIFT}`, dataUnitShift);
  if (start % SECTOR !== 0) throw wrong('startingFileOffset', 'is not that of a sector', origin, `a multiple of ${SECTOR}`, start);
  const unit = 2 ** dataUnitShift;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const blocks: Block[] = [];
  let offset = start;
  let stored = 0;
  for (let i = 0; i < count; i++) {
    const length = view.getUint32(EncryptedDataInfo.size + 4 * i, true);
    blocks.push({ offset, length });
    stored += length;
    // A last block may be shorter than its unit; where others follow, the unit is passed all the same.
    offset += length === 0 ? unit : i === count - 1 ? length : Math.max(length, unit);
  }
  if (!Number.isSafeInteger(offset))
    throw wrong('startingFileOffset', 'the data reaches past what a file can have', origin, undefined, start);
  if (stored !== dataLength)
    throw wrong('numberOfDataBlocks', `the blocks have ${stored} bytes, the segment ${dataLength}`, origin + 0x1a, dataLength, stored);
  // What a segment covers may be less than its last hole's whole unit.
  const sizeEnd = start + info.bytesWithinStreamSize;
  return {
    start,
    end: offset,
    sizeEnd: Math.min(sizeEnd, offset),
    validEnd: start + info.bytesWithinVdl,
    blocks,
    sparse: isSparse(bytes, sizesEnd, info.length),
  };
}

function isSparse(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < ExtendedDataInfo.size || Buffer.from(bytes.subarray(at, at + 4)).toString('latin1') !== 'EXTD') return false;
  return (ExtendedDataInfo.decode(bytes, at).flags & EXTENDED_SPARSE) !== 0;
}

export interface NewSegment {
  readonly start: number;
  readonly bytesWithinStreamSize: number;
  readonly bytesWithinVdl: number;
  readonly unitShift: number;
  readonly clusterShift: number;
  readonly blocks: readonly number[];
  readonly sparse: boolean;
}

/** Bytes before the data of an encrypted segment. */
export const segmentHeaderSize = (blocks: number, sparse: boolean): number =>
  StreamSegment.size + EncryptedDataInfo.size + 4 * blocks + (sparse ? ExtendedDataInfo.size : 0);

/** Writes both headers of an encrypted segment and answers how many bytes they take. */
export function encodeSegment(into: Uint8Array, at: number, segment: NewSegment): number {
  const { blocks, sparse, unitShift } = segment;
  const size = segmentHeaderSize(blocks.length, sparse);
  const dataLength = blocks.reduce((sum, length) => sum + length, 0);
  StreamSegment.encodeInto(into, at, StreamSegment.create({ length: size + dataLength }));
  const infoAt = at + StreamSegment.size;
  EncryptedDataInfo.encodeInto(into, infoAt, {
    startingFileOffset: segment.start,
    length: size - StreamSegment.size,
    bytesWithinStreamSize: segment.bytesWithinStreamSize,
    bytesWithinVdl: segment.bytesWithinVdl,
    reserved14: new Uint8Array(2),
    dataUnitShift: unitShift,
    chunkShift: unitShift,
    clusterShift: segment.clusterShift,
    encryptionFormat: 1,
    numberOfDataBlocks: blocks.length,
  });
  const view = new DataView(into.buffer, into.byteOffset);
  blocks.forEach((length, i) => view.setUint32(infoAt + EncryptedDataInfo.size + 4 * i, length, true));
  if (sparse) {
    const extended = ExtendedDataInfo.create({ length: ExtendedDataInfo.size, flags: EXTENDED_SPARSE });
    ExtendedDataInfo.encodeInto(into, infoAt + EncryptedDataInfo.size + 4 * blocks.length, extended);
  }
  return size;
}
