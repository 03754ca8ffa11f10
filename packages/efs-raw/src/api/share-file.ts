import { basename, dirname } from 'node:path';
import { efsMetadataStream, EfsError, isEfsMetadata, type BackupStreamHeader, type StoredStreams, type VolumeDriver } from '@winback/core';
import { ByteFeed } from '../flow/byte-feed.js';
import { Produced, settle, wait, type Steps } from '../flow/steps.js';
import { RawReader } from '../raw/raw-reader.js';
import { metadataStream, rawHeader } from '../raw/raw-writer.js';
import { openEncrypted } from './encrypted-source.js';
import { InputFile } from './input-file.js';
import { OutputFile } from './output-file.js';
import { recoverStreams } from './recover-streams.js';
import { openRecovery } from './volume-backend.js';

const PIECE = 256 * 1024;

/**
 * Gives an encrypted file other metadata; its data is carried over as it is. The file is replaced in one step.
 * @param change the new metadata for the old
 * @throws what `change` throws; SOURCE_*, EFS_UNSUPPORTED, EFS_IO, FORMAT_*
 */
export async function changeMetadata(
  path: string,
  drivers: readonly VolumeDriver[],
  change: (metadata: Uint8Array) => Uint8Array,
): Promise<void> {
  using source = openEncrypted(path, drivers);
  const { file } = source;
  if (!file && source.form === 'volume') {
    const hint = 'Export it, change that, and import it again.';
    throw new EfsError('EFS_UNSUPPORTED', `${path}: this volume takes no other metadata for a file`, { path }, { hint });
  }
  if (!file) {
    changeRaw(path, change);
    return;
  }
  const { entry, streams, driver } = file;
  if (entry.linkCount > 1) {
    const message = `${path}: has ${entry.linkCount} names, and would have to be written anew under one of them`;
    throw new EfsError('EFS_UNSUPPORTED', message, { path, links: entry.linkCount });
  }
  const changed = change(entry.efsMetadata ?? new Uint8Array());
  using recovery = openRecovery(driver, dirname(path));
  const renamed = { ...entry, path: basename(path), efsMetadata: undefined };
  await recoverStreams(recovery, renamed, new WithMetadata(streams, changed), path);
}

function changeRaw(path: string, change: (metadata: Uint8Array) => Uint8Array): void {
  const input = new InputFile(path);
  try {
    const feed = new ByteFeed((into) => input.read(into));
    const first = new Produced(new RawReader(feed).items()).next();
    if (first instanceof Promise || first?.type !== 'metadata') throw new EfsError('EFS_UNSUPPORTED', `${path}: has no metadata`, { path });
    const begin = Buffer.concat([rawHeader(), metadataStream(change(first.bytes))]);
    const output = new OutputFile(path, true);
    try {
      output.write(begin, 0);
      let at = begin.length;
      // What the reader has in its window comes first.
      for (let piece: Uint8Array = feed.bytes.slice(); piece.length > 0; piece = nextPiece(input)) {
        output.write(piece, at);
        at += piece.length;
      }
      output.finish(at);
    } catch (error) {
      output.abort();
      throw error;
    }
  } finally {
    input.close();
  }
}

function nextPiece(input: InputFile): Uint8Array {
  const buffer = new Uint8Array(PIECE);
  return buffer.subarray(0, input.read(buffer));
}

/** Streams of a file with other metadata among them. */
class WithMetadata implements StoredStreams {
  #current: { readonly data: Uint8Array; at: number } | undefined;

  constructor(
    private readonly streams: StoredStreams,
    private readonly metadata: Uint8Array,
  ) {}

  next(): ReturnType<StoredStreams['next']> {
    return settle(this.#next());
  }

  *#next(): Steps<never, BackupStreamHeader | undefined> {
    const header = yield* wait(this.streams.next());
    this.#current = header && isEfsMetadata(header) ? { data: this.metadata, at: 0 } : undefined;
    return this.#current ? efsMetadataStream(this.metadata.length) : header;
  }

  readInto(buffer: Uint8Array): ReturnType<StoredStreams['readInto']> {
    const current = this.#current;
    if (!current) return this.streams.readInto(buffer);
    const piece = current.data.subarray(current.at, current.at + buffer.length);
    buffer.set(piece);
    current.at += piece.length;
    return piece.length;
  }
}
