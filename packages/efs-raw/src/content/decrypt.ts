import { FormatError } from '@winback/core';
import { sectorCipher, type SectorCipher } from '../cipher/sector-cipher.js';
import { wait, type Steps } from '../flow/steps.js';
import type { FileKey } from '../metadata/fek.js';
import { SECTOR, type Item, type Items, type Run } from './item.js';

/** Gives the key of a file for its metadata; throws where it has none. */
export type Unlock = (metadata: Uint8Array) => FileKey;

/** A run that is decrypted, and waits until it is known whether the stream ends inside it. */
interface Held {
  readonly offset: number;
  readonly data: Uint8Array;
}

/**
 * The same file in plain text. Padding is cut off, and what lies behind the valid data or was never written is zeros.
 * @throws FORMAT_STRUCTURE when data comes before the metadata; what `unlock` throws
 */
export function* decryptItems(items: Items, unlock: Unlock): Steps<Item> {
  let cipher: SectorCipher | undefined;
  let encrypted = true;
  let held: Held | undefined;
  for (;;) {
    const item = yield* wait(items.next());
    if (!item) return;
    if (item.type === 'metadata') {
      cipher = sectorCipher(unlock(item.bytes));
      yield item;
    } else if (item.type === 'stream') {
      encrypted = item.encrypted;
      if (encrypted && !cipher) throw withoutMetadata();
      yield { ...item, encrypted: false };
    } else if (item.type === 'run') {
      if (held) yield runOf(held, held.data.length);
      held = undefined;
      if (item.data) held = { offset: item.offset, data: encrypted && cipher ? decryptRun(cipher, item, item.data) : item.data.slice() };
    } else if (item.type === 'missing') yield item;
    else {
      if (held) yield runOf(held, Math.max(0, Math.min(held.data.length, item.size - held.offset)));
      held = undefined;
      yield item;
    }
  }
}

const withoutMetadata = (): FormatError =>
  new FormatError('FORMAT_STRUCTURE', 'encrypted data comes before what it could be opened with', { struct: 'EFS_METADATA', offset: 0 });

const runOf = ({ offset, data }: Held, length: number): Run => ({
  type: 'run',
  offset,
  length,
  valid: length,
  data: data.subarray(0, length),
});

function decryptRun(cipher: SectorCipher, { offset, valid }: Run, data: Uint8Array): Uint8Array {
  const plain = cipher.decrypt(data, offset);
  if (valid < plain.length) plain.fill(0, valid);
  // Sectors of zeros are no ciphertext: a hole, or a place that was never written to, which reads as zeros.
  for (let at = 0; at < data.length; at += SECTOR) {
    if (data[at] !== 0 || data[at + 1] !== 0 || data[at + 2] !== 0 || data[at + 3] !== 0) continue;
    if (data.subarray(at, at + SECTOR).every((byte) => byte === 0)) plain.fill(0, at, at + SECTOR);
  }
  return plain;
}
