import { isWinbackError } from '@winback/core/base';
import { crc32 } from 'node:zlib';
import { CartridgeHeader, CartridgePartition } from './cartridge.layout.js';
import { MAXIMUM_PARTITIONS } from './medium.js';

/** Bytes of one of the two headers. */
export const HEADER_SIZE = 4096;
/** Where the first partition begins. */
export const DATA_START = 2 * HEADER_SIZE;
const CHECKSUM = CartridgeHeader.offsetOf('checksum');
/** Beyond it numbers are not exact, and no file system has such files. */
const LARGEST_PLACE = 2 ** 52;

export type HeaderFields = ReturnType<typeof CartridgeHeader.decode>;
export type PartitionFields = ReturnType<typeof CartridgePartition.decode>;
export interface DecodedHeader {
  readonly fields: HeaderFields;
  readonly partitions: readonly PartitionFields[];
}

export function encodeHeader(fields: HeaderFields, partitions: readonly PartitionFields[]): Buffer {
  const bytes = Buffer.alloc(HEADER_SIZE);
  CartridgeHeader.encodeInto(bytes, 0, { ...fields, partitionCount: partitions.length, checksum: 0 });
  for (const [i, partition] of partitions.entries())
    CartridgePartition.encodeInto(bytes, CartridgeHeader.size + i * CartridgePartition.size, partition);
  bytes.writeUInt32LE(crc32(bytes), CHECKSUM);
  return bytes;
}

/** Undefined: the bytes are no header, or not a whole one. */
function decodeHeader(bytes: Buffer): DecodedHeader | undefined {
  if (bytes.length < HEADER_SIZE) return undefined;
  const copy = Buffer.from(bytes.subarray(0, HEADER_SIZE));
  const stored = copy.readUInt32LE(CHECKSUM);
  copy.writeUInt32LE(0, CHECKSUM);
  if (crc32(copy) !== stored) return undefined;
  try {
    const fields = CartridgeHeader.decode(copy);
    const { partitionCount } = fields;
    if (partitionCount < 1 || partitionCount > MAXIMUM_PARTITIONS) return undefined;
    const partitions = Array.from({ length: partitionCount }, (_, i) =>
      CartridgePartition.decode(copy, CartridgeHeader.size + i * CartridgePartition.size),
    );
    return partitions.every(isSound) ? { fields, partitions } : undefined;
  } catch (error) {
    if (isWinbackError(error)) return undefined;
    throw error;
  }
}

function isSound({ start, capacity, endOffset, highWater, endNumber }: PartitionFields): boolean {
  return (
    start >= DATA_START &&
    endOffset >= start &&
    endOffset <= start + capacity &&
    highWater < LARGEST_PLACE &&
    start + capacity < LARGEST_PLACE &&
    (endNumber === 0) === (endOffset === start)
  );
}

/** The one of both headers that counts, from the first 8192 bytes of the file. */
export function newestHeader(bytes: Buffer): DecodedHeader | undefined {
  const [first, second] = [decodeHeader(bytes.subarray(0, HEADER_SIZE)), decodeHeader(bytes.subarray(HEADER_SIZE))];
  if (!first || !second) return first ?? second;
  return second.fields.sequence > first.fields.sequence ? second : first;
}

/** Whether a file without a header is a cartridge that was never finished being made. */
export const isUnfinished = (bytes: Buffer, fileSize: number): boolean =>
  fileSize <= DATA_START &&
  (bytes.subarray(0, HEADER_SIZE).every((byte) => byte === 0) || bytes.toString('latin1', 0, 8).startsWith('WBTAPE01'));
