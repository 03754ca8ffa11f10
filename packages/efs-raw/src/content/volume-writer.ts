import { efsMetadataStream, StreamAttribute, StreamId, type BackupStreamHeader } from '@winback/core';
import { wait, type Steps } from '../flow/steps.js';
import { MAIN_STREAM, inSectors, type Items } from './item.js';

/** The beginning of a backup stream, or bytes of the one that was begun. */
export type StreamPart = { readonly header: BackupStreamHeader } | { readonly bytes: Uint8Array };

/** What is missing of a stream, as it turns up. */
export type OnMissing = (stream: string, begin: number, end: number, reason: Error) => void;

export const streamHeaderOf = (name: string): BackupStreamHeader =>
  name === MAIN_STREAM
    ? { id: StreamId.DATA, attributes: StreamAttribute.SPARSE, length: 0 }
    : { id: StreamId.ALTERNATE_DATA, attributes: StreamAttribute.SPARSE, length: 0, name };

/** A stretch of a stream whose length was not known when it began. */
export const blockHeader = (offset: number, length: number): BackupStreamHeader => ({
  id: StreamId.SPARSE_BLOCK,
  attributes: StreamAttribute.SPARSE,
  length,
  offset,
});

/**
 * An encrypted file in the form that volumes take: its metadata as a fact, then its streams as blocks of ciphertext, with the number
 * of bytes that fill the last sector behind them. What is missing is a hole.
 */
export function* volumeStreams(items: Items, onMissing: OnMissing): Steps<StreamPart> {
  let name = MAIN_STREAM;
  let encrypted = true;
  for (;;) {
    const item = yield* wait(items.next());
    if (!item) return;
    if (item.type === 'metadata') {
      yield { header: efsMetadataStream(item.bytes.length) };
      yield { bytes: item.bytes };
    } else if (item.type === 'stream') {
      ({ name, encrypted } = item);
      yield { header: streamHeaderOf(name) };
    } else if (item.type === 'run') {
      if (!item.data) continue;
      yield { header: blockHeader(item.offset, item.length) };
      yield { bytes: item.data };
    } else if (item.type === 'missing') onMissing(name, item.begin, item.end, item.reason);
    else if (encrypted && item.size > 0) {
      const stored = inSectors(item.size);
      const fill = stored - item.size;
      yield { header: blockHeader(stored, 2) };
      yield { bytes: Uint8Array.of(fill & 0xff, fill >> 8) };
    } else yield { header: blockHeader(item.size, 0) };
  }
}
