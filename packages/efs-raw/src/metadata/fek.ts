import { EfsError } from '@winback/core';
import { algorithmName, ALGORITHMS, EfsAlgorithm } from './algorithms.js';
import { FekHeader } from './metadata.layout.js';

/** The key that a file's sectors are encrypted with. */
export interface FileKey {
  /** {@link EfsAlgorithm}. */
  readonly algorithm: number;
  readonly key: Uint8Array;
  /** Random bits of it. */
  readonly entropy: number;
}

/** The key as it stands in an entry, before it is encrypted. */
export function encodeFek({ algorithm, key, entropy }: FileKey): Uint8Array {
  return new Uint8Array(Buffer.concat([FekHeader.encode(FekHeader.create({ keyLength: key.length, entropy, algorithm })), key]));
}

/** Undefined: these bytes are no key, so what decrypted them was the wrong one. @throws EFS_UNSUPPORTED */
export function decodeFek(bytes: Uint8Array): FileKey | undefined {
  if (bytes.length < FekHeader.size) return undefined;
  const { keyLength, entropy, algorithm } = FekHeader.decode(bytes);
  if (keyLength === 0 || FekHeader.size + keyLength > bytes.length) return undefined;
  const known = ALGORITHMS.get(algorithm);
  if (!known && (keyLength > 64 || algorithm >> 16 !== 0)) return undefined;
  if (!known || algorithm === EfsAlgorithm.DES)
    throw new EfsError('EFS_UNSUPPORTED', `the file is encrypted with ${algorithmName(algorithm)}, which is not supported`, { algorithm });
  if (keyLength !== known.keyLength) return undefined;
  return { algorithm, entropy, key: bytes.slice(FekHeader.size, FekHeader.size + keyLength) };
}
