import { SECTOR } from '../content/item.js';

/** Words of 32 bits, low first, that a sector's byte offset is added to. */
const AES = Uint32Array.of(0xe9161312, 0x5816657b, 0x44918961, 0x1989adbe);
const DES = Uint32Array.of(0x9891ad13, 0x16911962);

const TWO_32 = 0x1_0000_0000;

/**
 * XORs the initialisation vector of every sector into its first block.
 * @param words the sectors, as words of 32 bits
 * @param offset of the first sector in the stream
 */
export function xorIvs(words: Int32Array, offset: number, blockSize: 8 | 16): void {
  const base = blockSize === 16 ? AES : DES;
  let low = offset % TWO_32;
  let high = Math.floor(offset / TWO_32);
  for (let at = 0; at < words.length; at += SECTOR / 4) {
    for (let i = 0; i < base.length; i += 2) {
      const sum = base[i]! + low;
      words[at + i]! ^= sum;
      words[at + i + 1]! ^= base[i + 1]! + high + (sum >= TWO_32 ? 1 : 0);
    }
    low += SECTOR;
    if (low >= TWO_32) {
      low -= TWO_32;
      high++;
    }
  }
}
