import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { desxKey } from '../../src/cipher/desx-key.js';
import { sectorCipher } from '../../src/cipher/sector-cipher.js';
import { ALGORITHMS, EfsAlgorithm } from '../../src/metadata/algorithms.js';

const SECTOR = 512;
const M = (1n << 64n) - 1n;
const hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Straight from the specification: a chain for every sector, with its IV. */
function reference(name: string, key: Uint8Array, data: Uint8Array, offset: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < data.length; at += SECTOR) {
    const o = BigInt(offset + at);
    const iv = Buffer.alloc(name.startsWith('aes') ? 16 : 8);
    if (iv.length === 16) {
      iv.writeBigUInt64LE((0x5816657be9161312n + o) & M, 0);
      iv.writeBigUInt64LE((0x1989adbe44918961n + o) & M, 8);
    } else iv.writeBigUInt64LE((0x169119629891ad13n + o) & M, 0);
    const cipher = createCipheriv(name, key, iv).setAutoPadding(false);
    parts.push(cipher.update(data.subarray(at, at + SECTOR)), cipher.final());
  }
  return Buffer.concat(parts);
}

/** DESX block by block. */
function desxReference(key: Uint8Array, data: Uint8Array, offset: number): Buffer {
  const { des, inWhitening, outWhitening } = desxKey(key);
  const triple = Buffer.concat([des, des, des]);
  const xor = (a: Uint8Array, b: Uint8Array): Buffer => Buffer.from(a.map((byte, i) => byte ^ b[i]!));
  const out = Buffer.alloc(data.length);
  for (let at = 0; at < data.length; at += SECTOR) {
    let before: Buffer = Buffer.alloc(8);
    before.writeBigUInt64LE((0x169119629891ad13n + BigInt(offset + at)) & M);
    for (let i = at; i < at + SECTOR; i += 8) {
      const d = createDecipheriv('des-ede3-ecb', triple, null).setAutoPadding(false);
      before = xor(d.update(xor(xor(data.subarray(i, i + 8), inWhitening), before)), outWhitening);
      before.copy(out, i);
    }
  }
  return out;
}

const CIPHERS = [
  ['AES-256', EfsAlgorithm.AES_256, (k, d, o) => reference('aes-256-cbc', k, d, o)],
  ['3DES', EfsAlgorithm.TRIPLE_DES, (k, d, o) => reference('des-ede3-cbc', k, d, o)],
  ['DESX', EfsAlgorithm.DESX, desxReference],
] as const satisfies [string, number, (key: Uint8Array, data: Uint8Array, offset: number) => Buffer][];

describe.each(CIPHERS)('%s', (_name, algorithm, expected) => {
  const key = new Uint8Array(randomBytes(ALGORITHMS.get(algorithm)!.keyLength));
  const cipher = sectorCipher({ algorithm, key, entropy: 0 });
  // Among them offsets where the addition runs over 32 bits.
  const OFFSETS = [0, 512, 65_536, 0x16e9_e000, 0x1_0000_0000 - 1024, 0x1_0000_0000, 0xbb6e_7800 - 512, 2 ** 40 + 512];

  it.each(OFFSETS)('encrypts and decrypts sectors from byte %d on as the specification says', (offset) => {
    for (const sectors of [1, 2, 7, 128]) {
      const plain = new Uint8Array(randomBytes(sectors * SECTOR));
      const data = plain.slice();
      cipher.encrypt(data, offset);
      expect(hex(data)).toBe(hex(expected(key, plain, offset)));
      const kept = data.slice();
      expect(hex(cipher.decrypt(data, offset))).toBe(hex(plain));
      expect(hex(data)).toBe(hex(kept));
    }
  });

  it('takes bytes that stand anywhere', () => {
    const plain = new Uint8Array(randomBytes(3 * SECTOR));
    for (const at of [1, 2, 3]) {
      const place = new Uint8Array(at + plain.length);
      place.set(plain, at);
      const data = place.subarray(at);
      cipher.encrypt(data, 1024);
      expect(hex(data)).toBe(hex(expected(key, plain, 1024)));
      expect(hex(cipher.decrypt(data, 1024))).toBe(hex(plain));
    }
  });
});

it('DESX keys are made as ntfsdecrypt makes them', () => {
  const { des, inWhitening, outWhitening } = desxKey(Buffer.from('a1f9e0b253239e8f0f9145d98e20ec30', 'hex'));
  expect([des, outWhitening, inWhitening].map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual([
    '27d19309cb78931f',
    'edda4c476049db8d',
    '75f6a01ac0ca281e',
  ]);
});

it('other algorithms are refused by name', () => {
  expect(() => sectorCipher({ algorithm: 0x6601, key: new Uint8Array(8), entropy: 56 })).toThrow(/0x6601/);
});
