import { constants, privateDecrypt, publicEncrypt, type KeyObject } from 'node:crypto';

/** Bytes of an RSA key's modulus; 0 for keys of other kinds. */
export const modulusLength = (key: KeyObject): number =>
  key.asymmetricKeyType === 'rsa' ? Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8) : 0;

/** What CryptoAPI encrypts with RSA stands the other way round. */
const reversed = (bytes: Uint8Array): Buffer => Buffer.from(bytes).reverse();

/** Undefined: the key is another. */
export function decryptWithRsa(key: KeyObject, encrypted: Uint8Array): Uint8Array | undefined {
  if (encrypted.length === 0 || encrypted.length !== modulusLength(key)) return undefined;
  let block: Buffer;
  try {
    // Node.js refuses to strip the padding of PKCS #1 v1.5, lest somebody answers strangers by what comes out.
    block = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, reversed(encrypted));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return undefined;
  }
  if (block[0] !== 0 || block[1] !== 2) return undefined;
  const end = block.indexOf(0, 2);
  return end < 10 ? undefined : new Uint8Array(block.subarray(end + 1));
}

export const encryptWithRsa = (key: KeyObject, plain: Uint8Array): Uint8Array =>
  new Uint8Array(reversed(publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, plain)));
