import {
  EfsError,
  FileAttribute,
  isRawEncrypted,
  isWinbackError,
  type BackupStreamSource,
  type FileEntry,
  type StoredStreams,
  type Volume,
  type VolumeDriver,
} from '@winback/core';
import { itemsOfRaw, itemsOfVolume } from '../content/forms.js';
import { MAIN_STREAM, type Items } from '../content/item.js';
import type { RegularSegments } from '../parallel/regular-segments.js';
import { SEGMENT, SEGMENT_HEAD } from '../parallel/stretch.js';
import { metadataStream, rawHeader, streamHeader } from '../raw/raw-writer.js';
import { streamNameBytes } from '../raw/stream-name.js';
import { RawHeader } from '../raw/robs.layout.js';
import { InputFile } from './input-file.js';
import { locateOn } from './volume-backend.js';

/** An encrypted file, wherever it is: exported in the raw format, on a volume, or in a backup. */
export interface EncryptedSource extends Disposable {
  readonly path: string;
  readonly form: 'raw' | 'volume' | 'backup';
  /** Pieces of the file; asked for once. */
  readonly items: Items;
  /** What could not be read of the volume so far, or when the backup was made. */
  readonly faults: BackupStreamSource['faults'];
  /** On a volume that gives ciphertext and metadata: what is known of the file, and its streams. */
  readonly file?: { readonly entry: FileEntry; readonly streams: StoredStreams; readonly driver: VolumeDriver };
}

/** @throws SOURCE_*, EFS_UNSUPPORTED when the file is not encrypted */
export function openEncrypted(path: string, drivers: readonly VolumeDriver[]): EncryptedSource {
  return openRawFile(path) ?? openOnVolume(path, drivers);
}

/** A file in the raw format; undefined: it is none, or nobody may read it as a plain file. @throws SOURCE_NOT_FOUND */
export function openRawFile(path: string): EncryptedSource | undefined {
  const head = headOf(path);
  if (!head) return undefined;
  const signature = Buffer.from(head.subarray(4, 12)).toString('latin1');
  if (signature !== RawHeader.zero.signature) return undefined;
  const input = new InputFile(path);
  return {
    path,
    form: 'raw',
    items: itemsOfRaw((into) => input.read(into)),
    faults: [],
    [Symbol.dispose]() {
      input.close();
    },
  };
}

/** A raw file without the segments that its unnamed stream begins with. */
export function openRest(path: string, { metadata, at, segments }: RegularSegments): EncryptedSource {
  const begin = Buffer.concat([rawHeader(), metadataStream(metadata), streamHeader(streamNameBytes(MAIN_STREAM), true)]);
  const input = new InputFile(path, at + segments * (SEGMENT_HEAD + SEGMENT));
  let given = 0;
  const read = (into: Uint8Array): number => {
    const piece = begin.subarray(given, given + into.length);
    if (piece.length === 0) return input.read(into);
    into.set(piece);
    given += piece.length;
    return piece.length;
  };
  return {
    path,
    form: 'raw',
    items: itemsOfRaw(read),
    faults: [],
    [Symbol.dispose]() {
      input.close();
    },
  };
}

/** What a file begins with; undefined where that is too short, or nobody may read it: its volume then says what to do. */
function headOf(path: string): Uint8Array | undefined {
  const head = new Uint8Array(RawHeader.size);
  let probe: InputFile | undefined;
  try {
    probe = new InputFile(path);
    for (let at = 0; at < head.length;) {
      const n = probe.read(head.subarray(at));
      if (n === 0) return undefined;
      at += n;
    }
    return head;
  } catch (error) {
    if (isWinbackError(error, 'SOURCE_UNREADABLE')) return undefined;
    throw error;
  } finally {
    probe?.close();
  }
}

/** Reads the raw form of a file of a volume that gives it as such; undefined: there is none. */
function rawStream(streams: BackupStreamSource): ((into: Uint8Array) => number) | undefined {
  for (let header = streams.next(); header; header = streams.next()) if (isRawEncrypted(header)) return (into) => streams.readInto(into);
  return undefined;
}

function openOnVolume(path: string, drivers: readonly VolumeDriver[]): EncryptedSource {
  const { driver, located } = locateOn(drivers, path);
  const volume: Volume = driver.open(located.volume, located.volume.root);
  try {
    const { entry, streams, problems } = volume.node(located.path).open();
    const read = entry.efsMetadata ? undefined : rawStream(streams);
    if (read) {
      return {
        path,
        form: 'volume',
        items: itemsOfRaw(read),
        get faults() {
          return streams.faults;
        },
        [Symbol.dispose]() {
          streams.close();
          volume[Symbol.dispose]();
        },
      };
    }
    if (!entry.efsMetadata) {
      streams.close();
      const [problem] = problems.filter(({ effect }) => effect !== 'note');
      if (problem && entry.attributes & FileAttribute.ENCRYPTED) throw problem.error;
      throw new EfsError('EFS_UNSUPPORTED', `${path}: is neither encrypted on its volume nor a file in the raw format`, { path });
    }
    return {
      path,
      form: 'volume',
      items: itemsOfVolume(streams),
      get faults() {
        return streams.faults;
      },
      file: { entry, streams, driver },
      [Symbol.dispose]() {
        streams.close();
        volume[Symbol.dispose]();
      },
    };
  } catch (error) {
    volume[Symbol.dispose]();
    throw error;
  }
}
