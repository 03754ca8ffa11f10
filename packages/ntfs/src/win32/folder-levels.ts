import { RecoveryError, type FileEntry, type FileKind } from '@winback/core';
import type { BasicInformation } from './file-calls.js';
import type { Handle } from './ffi/declarations.js';

const NAME_BITS = 0x10000;

/** A folder on the way from the recovery folder to the current one, open. */
export interface Level {
  readonly part: string;
  readonly handle: Handle;
  readonly id: bigint;
  /** It was made here, and nothing else can be in it but what was recovered. */
  readonly made: boolean;
  /** It was made here, or got its recorded facts, now or when it was left before. */
  readonly ours: boolean;
  readonly names: NameHashes | undefined;
  /** To be set when it is left. */
  facts: FileEntry | undefined;
  /** It was left before and is as recorded: what it has to look like again. */
  readonly times: Partial<BasicInformation> | undefined;
}

/** Names used in a folder, by a hash, so that millions take no memory; when in doubt the answer is that it was used. */
export class NameHashes {
  readonly #bits = new Uint8Array(NAME_BITS / 8);

  /** Whether a name is surely used for the first time. Case does not count, as far as it is known. */
  isFirst(name: string): boolean {
    const bit = hash(name.toUpperCase()) & (NAME_BITS - 1);
    const used = (this.#bits[bit >>> 3]! & (1 << (bit & 7))) !== 0;
    this.#bits[bit >>> 3]! |= 1 << (bit & 7);
    return !used;
  }
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value ^ (value >>> 16);
}

export function inTheWay(path: string, kind: FileKind | 'junction'): RecoveryError {
  const what = kind === 'directory' ? 'a folder' : kind === 'file' ? 'a file' : `a ${kind.replace('-', ' ')}`;
  const message = `${path}: ${what} is in the way`;
  return new RecoveryError('RECOVERY_EXISTS', message, { path, found: kind }, { hint: 'Move it away, or recover to another folder.' });
}
