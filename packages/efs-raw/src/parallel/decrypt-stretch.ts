import { alignedMemory, closeDirect, openDirect, writeFully, type WritableFile } from '@winback/core/io';
import { closeSync, openSync, readvSync } from 'node:fs';
import { sectorCipher } from '../cipher/sector-cipher.js';
import { SECTOR } from '../content/item.js';
import { BATCH, isRegularHead, SEGMENT, SEGMENT_HEAD, Shared, type Stretch } from './stretch.js';

/**
 * Decrypts batches of segments that nobody else has taken, until none is left.
 * @returns false where a segment is not as it should be: then the file must be read with more care
 */
export function decryptStretch({ input, output, at, segments, key, algorithm }: Stretch, shared: Int32Array): boolean {
  const cipher = sectorCipher({ algorithm, key, entropy: 0 });
  const data = new Uint8Array(BATCH * SEGMENT);
  const heads = new Uint8Array(BATCH * SEGMENT_HEAD);
  // The decrypted bytes stand anywhere in memory; from here they go past the page cache.
  const plain = new Uint8Array(alignedMemory(BATCH * SEGMENT));
  const [from, fd] = [openSync(input, 'r'), openSync(output, 'r+')];
  const direct = openDirect(fd);
  const to: WritableFile = { fd, direct };
  try {
    for (;;) {
      const batch = Atomics.add(shared, Shared.NEXT, 1);
      const first = batch * BATCH;
      if (first >= segments || Atomics.load(shared, Shared.STOP) !== 0) return true;
      const count = Math.min(BATCH, segments - first);
      const pieces = Array.from({ length: count * 2 }, (_, i) =>
        i % 2 === 0
          ? heads.subarray((i / 2) * SEGMENT_HEAD, (i / 2 + 1) * SEGMENT_HEAD)
          : data.subarray(((i - 1) / 2) * SEGMENT, ((i + 1) / 2) * SEGMENT),
      );
      const wanted = count * (SEGMENT_HEAD + SEGMENT);
      if (readvSync(from, pieces, at + first * (SEGMENT_HEAD + SEGMENT)) !== wanted) return false;
      const whole = data.subarray(0, count * SEGMENT);
      if (!areRegular(heads, first, count) || hasEmptySector(whole)) return false;
      plain.set(cipher.decrypt(whole, first * SEGMENT));
      writeFully(to, plain, 0, whole.length, first * SEGMENT);
      Atomics.add(shared, Shared.DONE, 1);
    }
  } finally {
    closeSync(from);
    closeDirect(direct);
    closeSync(fd);
  }
}

const areRegular = (heads: Uint8Array, first: number, count: number): boolean => {
  for (let i = 0; i < count; i++) if (!isRegularHead(heads, i * SEGMENT_HEAD, first + i)) return false;
  return true;
};

/** A sector of zeros is no ciphertext, and reads as zeros. */
function hasEmptySector(data: Uint8Array): boolean {
  for (let at = 0; at < data.length; at += SECTOR) {
    if (data[at] !== 0 || data[at + 1] !== 0 || data[at + 2] !== 0) continue;
    if (data.subarray(at, at + SECTOR).every((byte) => byte === 0)) return true;
  }
  return false;
}
