import { createHash } from 'node:crypto';

/** What a DESX key of 16 bytes is made into: the key of DES, and what is XORed in before and after it. */
export interface DesxKey {
  readonly des: Uint8Array;
  readonly inWhitening: Uint8Array;
  readonly outWhitening: Uint8Array;
}

const md5 = (key: Uint8Array, salt: string): Buffer => createHash('md5').update(key).update(Buffer.from(salt, 'latin1')).digest();

/** As Windows 2000 does it; known from ntfsdecrypt, which opens what is encrypted so. */
export function desxKey(key: Uint8Array): DesxKey {
  const first = md5(key, 'Dan Simon  \0');
  const second = md5(key, 'Scott Field\0');
  const des = new Uint8Array(8);
  for (let i = 0; i < 4; i++) {
    des[i] = first[i]! ^ first[4 + i]!;
    des[4 + i] = first[8 + i]! ^ first[12 + i]!;
  }
  return { des, outWhitening: second.subarray(0, 8), inWhitening: second.subarray(8, 16) };
}
