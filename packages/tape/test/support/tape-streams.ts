import { Xor32 } from '@winback/core';
import { StreamHeader } from '../../src/mtf/layout/index.js';
import type { MemoryCartridge } from './memory-drive.js';

const BLOCK = 65_536;

/** The bytes behind the last filemark but one: the end of the last set. */
export function lastSection({ items }: MemoryCartridge): { readonly first: number; readonly bytes: Buffer } {
  const first = items.lastIndexOf('filemark', items.length - 2) + 1;
  return { first, bytes: Buffer.concat(items.slice(first, -1) as Uint8Array[]) };
}

/** Where a stream of the last set's end begins, and how long its data is. */
function findStream(bytes: Buffer, id: string): { readonly at: number; readonly length: number } {
  for (let at = bytes.indexOf(id); at >= 0; at = bytes.indexOf(id, at + 1)) {
    let sum = 0;
    for (let i = 0; i < 22; i += 2) sum ^= bytes.readUInt16LE(at + i);
    if (sum === 0) return { at: at + StreamHeader.size, length: Number(bytes.readBigUInt64LE(at + 8)) };
  }
  throw new Error(`there is no ${id}`);
}

/** Changes the data of a stream of the last set's end, in place, and makes its checksum right again. */
export function changeStream(cartridge: MemoryCartridge, id: string, change: (data: Buffer) => void): void {
  const { first, bytes } = lastSection(cartridge);
  const { at, length } = findStream(bytes, id);
  const data = bytes.subarray(at, at + length);
  change(data);
  const sum = Math.ceil((at + length) / 4) * 4;
  if (bytes.toString('latin1', sum, sum + 4) === 'CSUM') {
    const xor = new Xor32();
    xor.update(data);
    bytes.writeUInt32LE(xor.digest(), sum + StreamHeader.size);
  }
  for (let i = 0; i * BLOCK < bytes.length; i++) cartridge.items[first + i] = Buffer.from(bytes.subarray(i * BLOCK, (i + 1) * BLOCK));
}
