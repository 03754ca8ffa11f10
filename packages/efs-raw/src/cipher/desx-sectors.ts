import { createCipheriv, createDecipheriv } from 'node:crypto';
import { SECTOR } from '../content/item.js';
import { desxKey } from './desx-key.js';
import type { SectorCipher } from './sector-cipher.js';
import { xorIvs } from './sector-iv.js';

const BLOCK_WORDS = 2;
const SECTOR_WORDS = SECTOR / 4;

const wordsAt = (bytes: Uint8Array): Int32Array => {
  const copy = new Uint8Array(bytes);
  return new Int32Array(copy.buffer, 0, copy.length >> 2);
};

/** DESX as EFS of Windows 2000 has it: DES runs the other way round, decrypting to encrypt. */
export class DesxSectors implements SectorCipher {
  /** DES alone is triple DES with the same key three times. */
  readonly #key: Uint8Array;
  readonly #in: Int32Array;
  readonly #out: Int32Array;

  constructor(key: Uint8Array) {
    const { des, inWhitening, outWhitening } = desxKey(key);
    this.#key = Buffer.concat([des, des, des]);
    this.#in = wordsAt(inWhitening);
    this.#out = wordsAt(outWhitening);
  }

  decrypt(data: Uint8Array, offset: number): Uint8Array {
    const stored = wordsAt(data);
    const whitened = stored.slice();
    xorAll(whitened, this.#out);
    const cipher = createCipheriv('des-ede3-ecb', this.#key, null).setAutoPadding(false);
    const words = wordsAt(cipher.update(new Uint8Array(whitened.buffer)));
    xorAll(words, this.#in);
    for (let at = 0; at < words.length; at++) if (at % SECTOR_WORDS >= BLOCK_WORDS) words[at]! ^= stored[at - BLOCK_WORDS]!;
    xorIvs(words, offset, 8);
    return new Uint8Array(words.buffer);
  }

  encrypt(data: Uint8Array, offset: number): void {
    const words = wordsAt(data);
    xorAll(words, this.#in);
    xorIvs(words, offset, 8);
    const cipher = createDecipheriv('des-ede3-ecb', this.#key, null).setAutoPadding(false);
    // All sectors together, one block of each at a time: within a sector each block waits for the one before.
    const sectors = words.length / SECTOR_WORDS;
    const row = new Int32Array(sectors * BLOCK_WORDS);
    for (let block = 0; block < SECTOR_WORDS; block += BLOCK_WORDS) {
      for (let s = 0; s < sectors; s++)
        for (let i = 0; i < BLOCK_WORDS; i++) {
          const at = s * SECTOR_WORDS + block + i;
          row[s * BLOCK_WORDS + i] = words[at]! ^ (block === 0 ? 0 : words[at - BLOCK_WORDS]!);
        }
      const done = wordsAt(cipher.update(new Uint8Array(row.buffer)));
      xorAll(done, this.#out);
      for (let s = 0; s < sectors; s++)
        for (let i = 0; i < BLOCK_WORDS; i++) words[s * SECTOR_WORDS + block + i] = done[s * BLOCK_WORDS + i]!;
    }
    data.set(new Uint8Array(words.buffer));
  }
}

function xorAll(words: Int32Array, pair: Int32Array): void {
  const [even = 0, odd = 0] = pair;
  for (let at = 0; at < words.length; at += 2) {
    words[at]! ^= even;
    words[at + 1]! ^= odd;
  }
}
