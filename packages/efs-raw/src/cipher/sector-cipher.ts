import { createCipheriv, createDecipheriv } from 'node:crypto';
import { EfsError } from '@winback/core/errors';
import { EfsAlgorithm } from '../metadata/algorithms.js';
import type { FileKey } from '../metadata/fek.js';
import { SECTOR } from '../content/item.js';
import { DesxSectors } from './desx-sectors.js';
import { xorIvs } from './sector-iv.js';

/** Encrypts and decrypts whole sectors, each of which is a chain of its own (CBC) that begins with a value made of its offset. */
export interface SectorCipher {
  /** The plain bytes, in a buffer of their own; `data` is left as it is. */
  decrypt(data: Uint8Array, offset: number): Uint8Array;
  /** Encrypts in place. */
  encrypt(data: Uint8Array, offset: number): void;
}

/** @throws EFS_UNSUPPORTED */
export function sectorCipher({ algorithm, key }: FileKey): SectorCipher {
  if (algorithm === EfsAlgorithm.AES_256) return new CbcSectors('aes-256-cbc', key, 16);
  if (algorithm === EfsAlgorithm.TRIPLE_DES) return new CbcSectors('des-ede3-cbc', key, 8);
  if (algorithm === EfsAlgorithm.DESX) return new DesxSectors(key);
  throw new EfsError('EFS_UNSUPPORTED', `nothing is known of how ALG_ID 0x${algorithm.toString(16)} encrypts`, { algorithm });
}

/** The same bytes as words. */
function wordsOf(bytes: Uint8Array): Int32Array {
  if (bytes.byteOffset % 4 !== 0) throw new RangeError('the bytes do not stand on a word');
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}

const aligned = (bytes: Uint8Array): Uint8Array => (bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes));

/** AES and triple DES: what OpenSSL chains over all sectors is set right where a sector begins. */
class CbcSectors implements SectorCipher {
  readonly #zeroIv: Uint8Array;

  constructor(
    private readonly name: 'aes-256-cbc' | 'des-ede3-cbc',
    private readonly key: Uint8Array,
    private readonly blockSize: 8 | 16,
  ) {
    this.#zeroIv = new Uint8Array(blockSize);
  }

  decrypt(data: Uint8Array, offset: number): Uint8Array {
    const { blockSize } = this;
    const decipher = createDecipheriv(this.name, this.key, this.#zeroIv).setAutoPadding(false);
    const plain = aligned(decipher.update(data));
    const stored = wordsOf(aligned(data));
    const words = wordsOf(plain);
    // The chain has gone on from the sector before: what it took from there is taken out again.
    for (let at = SECTOR / 4; at < words.length; at += SECTOR / 4)
      for (let i = 0, before = at - blockSize / 4; i < blockSize / 4; i++) words[at + i]! ^= stored[before + i]!;
    xorIvs(words, offset, blockSize);
    return plain;
  }

  encrypt(data: Uint8Array, offset: number): void {
    const { blockSize } = this;
    const bytes = aligned(data);
    const words = wordsOf(bytes);
    xorIvs(words, offset, blockSize);
    const cipher = createCipheriv(this.name, this.key, this.#zeroIv).setAutoPadding(false);
    // One chain over all sectors, whose link from sector to sector is taken out before it is put in.
    for (let at = 0, before: Int32Array | undefined; at < bytes.length; at += SECTOR) {
      for (let i = 0; before && i < blockSize / 4; i++) words[at / 4 + i]! ^= before[before.length - blockSize / 4 + i]!;
      const sector = aligned(cipher.update(bytes.subarray(at, at + SECTOR)));
      bytes.set(sector, at);
      before = words.subarray(at / 4, (at + SECTOR) / 4);
    }
    if (bytes !== data) data.set(bytes);
  }
}
