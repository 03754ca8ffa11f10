import { randomBytes, randomUUID } from 'node:crypto';
import { EfsError } from '@winback/core';
import { sectorCipher, type SectorCipher } from '../cipher/sector-cipher.js';
import type { ReadBytes } from '../flow/byte-feed.js';
import { wait, type Steps } from '../flow/steps.js';
import { wrapFor, type EfsRecipient } from '../keys/wrap.js';
import { ALGORITHMS, EfsAlgorithm } from '../metadata/algorithms.js';
import type { FileKey } from '../metadata/fek.js';
import { encodeEfsMetadata } from '../metadata/write-metadata.js';
import { inSectors, type Item } from './item.js';

const PIECE = 256 * 1024;

/** A new key for a file. @throws EFS_UNSUPPORTED */
export function newFileKey(algorithm: number = EfsAlgorithm.AES_256): FileKey {
  const facts = ALGORITHMS.get(algorithm);
  if (!facts || algorithm === EfsAlgorithm.DES)
    throw new EfsError('EFS_UNSUPPORTED', `nothing is encrypted with ${facts?.name ?? `ALG_ID 0x${algorithm.toString(16)}`}`, {
      algorithm,
    });
  return { algorithm, entropy: facts.entropy, key: new Uint8Array(randomBytes(facts.keyLength)) };
}

/** The version of the metadata that an algorithm came with: Windows 2000 knows DESX alone. */
const versionFor = (algorithm: number): number => (algorithm === EfsAlgorithm.DESX ? 1 : 2);

export interface NewEncryption {
  readonly fileKey: FileKey;
  readonly users: readonly EfsRecipient[];
  readonly recoveryAgents?: readonly EfsRecipient[];
  /** Of the metadata, 1 to 3; default: the lowest that knows the algorithm. */
  readonly version?: number | undefined;
  /** Default: a new one. */
  readonly efsId?: string | undefined;
}

/** Metadata of a new encrypted file. @throws EFS_USER without users, EFS_KEY_FILE, FORMAT_* for a SID that is none */
export function newMetadata({ fileKey, users, recoveryAgents = [], version, efsId }: NewEncryption): Uint8Array {
  return encodeEfsMetadata({
    version: version ?? versionFor(fileKey.algorithm),
    efsId: efsId ?? randomUUID(),
    users: users.map((user) => wrapFor(user, fileKey)),
    recoveryAgents: recoveryAgents.map((agent) => wrapFor(agent, fileKey)),
  });
}

/** A stream of plain bytes that is to be encrypted. `name` as in the raw format: `::$DATA`. */
export interface PlainStream {
  readonly name: string;
  readonly read: ReadBytes;
}

/** An encrypted file made of plain streams. */
export function* encryptItems(metadata: Uint8Array, fileKey: FileKey, streams: Iterable<PlainStream>): Steps<Item> {
  const cipher = sectorCipher(fileKey);
  yield { type: 'metadata', bytes: metadata };
  for (const { name, read } of streams) {
    yield { type: 'stream', name, encrypted: true };
    yield* encryptStream(cipher, read);
  }
}

function* encryptStream(cipher: SectorCipher, read: ReadBytes): Steps<Item> {
  const buffer = new Uint8Array(PIECE);
  for (let at = 0; ;) {
    let filled = 0;
    while (filled < PIECE) {
      const n = yield* wait(read(buffer.subarray(filled)));
      if (n === 0) break;
      filled += n;
    }
    const length = inSectors(filled);
    if (length > 0) {
      const data = buffer.subarray(0, length).fill(0, filled);
      cipher.encrypt(data, at);
      yield { type: 'run', offset: at, length, valid: length, data };
    }
    at += filled;
    if (filled < PIECE) {
      yield { type: 'end', size: at };
      return;
    }
  }
}
