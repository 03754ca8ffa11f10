import { createHash } from 'node:crypto';
import type { BackupStreamHeader, MaybePromise, StoredStreams } from '@winback/core';
import { encryptItems, itemsOfRaw, newMetadata, Produced, rawOf, type FileKey, type Item, type Items } from '../../src/index.js';
import type { TestKey } from './certificates.js';

export const now = <T>(value: MaybePromise<T>): T => {
  if (value instanceof Promise) throw new TypeError('this should not have to wait');
  return value;
};

/** Reads bytes, at most `most` at a time. */
export function reading(bytes: Uint8Array, most = Infinity): (into: Uint8Array) => number {
  let at = 0;
  return (into) => {
    const piece = bytes.subarray(at, at + Math.min(into.length, most));
    into.set(piece);
    at += piece.length;
    return piece.length;
  };
}

/** All pieces, copied, for their data is valid until the next. */
export function listItems(items: Items): Item[] {
  const all: Item[] = [];
  for (let item = now(items.next()); item; item = now(items.next()))
    all.push(item.type === 'run' && item.data ? { ...item, data: new Uint8Array(item.data) } : item);
  return all;
}

export const itemsFrom = (items: readonly Item[]): Produced<Item> =>
  new Produced(
    (function* () {
      yield* items;
    })(),
  );

export function rawBytes(items: Items): Uint8Array {
  const parts: Uint8Array[] = [];
  const raw = rawOf(items);
  for (let piece = now(raw.next()); piece; piece = now(raw.next())) parts.push(new Uint8Array(piece.bytes!));
  return new Uint8Array(Buffer.concat(parts));
}

export const rawItems = (bytes: Uint8Array, most?: number): Item[] => listItems(itemsOfRaw(reading(bytes, most)));

/** The streams of pieces of a file: bytes by name, holes and what is missing as zeros. */
export function contents(items: readonly Item[]): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  let name = '';
  let runs: { readonly offset: number; readonly data: Uint8Array }[] = [];
  for (const item of items) {
    if (item.type === 'stream') {
      name = item.name;
      runs = [];
    } else if (item.type === 'run') runs.push({ offset: item.offset, data: item.data! });
    else if (item.type === 'end') {
      const bytes = new Uint8Array(item.size);
      for (const { offset, data } of runs) bytes.set(data.subarray(0, Math.max(0, item.size - offset)), offset);
      found.set(name, bytes);
    }
  }
  return found;
}

/** An encrypted file of plain streams. */
export function encryptedFile(fileKey: FileKey, user: TestKey, streams: Readonly<Record<string, Uint8Array>>): Produced<Item> {
  const metadata = newMetadata({ fileKey, users: [{ certificate: user.certificate }] });
  const plain = Object.entries(streams).map(([name, bytes]) => ({ name, read: reading(bytes) }));
  return new Produced(encryptItems(metadata, fileKey, plain));
}

/** Every stream of backup streams, with its bytes. */
export function listStreams(streams: StoredStreams): { readonly header: BackupStreamHeader; readonly data: Uint8Array }[] {
  const all: { header: BackupStreamHeader; data: Uint8Array }[] = [];
  const piece = new Uint8Array(100_000);
  for (let header = now(streams.next()); header; header = now(streams.next())) {
    const parts: Uint8Array[] = [];
    for (let n = now(streams.readInto(piece)); n > 0; n = now(streams.readInto(piece))) parts.push(piece.slice(0, n));
    all.push({ header, data: new Uint8Array(Buffer.concat(parts)) });
  }
  return all;
}

/** Contents in a form that is compared at once. */
export const digests = (items: readonly Item[]): Record<string, string> =>
  Object.fromEntries(
    [...contents(items)].map(([name, bytes]) => [name, `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`]),
  );
