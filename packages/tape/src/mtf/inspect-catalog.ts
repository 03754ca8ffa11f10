import { FormatError } from '@winback/core';
import { damageOf, type InspectedDamage } from './block-walk.js';
import { detailEntries, type DetailEntry } from './catalog/detail-entries.js';
import { decodeSetMap, SET_MAP_LIMIT, type MappedSet } from './catalog/set-map.js';
import { CatalogStreamId } from './constants.js';
import type { FileWindow } from './file-window.js';
import { STREAM_HEADER_SIZE, type StreamHead } from './stream-head.js';

/** An entry of a media-based catalog. */
export interface InspectedEntry {
  readonly kind: 'entry';
  /** Of the stream that it is in. */
  readonly offset: number;
  readonly catalog: 'set-map' | 'detail';
  /** `SSET` for a set of a set map; else `VOLB`, `DIRB`, `FILE`, `CFIL`. */
  readonly type: string;
  readonly fields: Readonly<Record<string, string | number | readonly string[]>>;
}

const MAPS: Readonly<Record<string, 1 | 2>> = { [CatalogStreamId.MAP_1]: 1, [CatalogStreamId.MAP_2]: 2 };
const DETAILS: Readonly<Record<string, 1 | 2>> = { [CatalogStreamId.DETAIL_1]: 1, [CatalogStreamId.DETAIL_2]: 2 };

/** What a stream lists, if it is one of a catalog, with damage where it cannot be made out. Details are read piece by piece. */
export function* inspectCatalog(window: FileWindow, stream: StreamHead): Generator<InspectedEntry | InspectedDamage, void, undefined> {
  const { id, at, length } = stream;
  const begin = at + STREAM_HEADER_SIZE;
  try {
    if (MAPS[id] !== undefined && length <= SET_MAP_LIMIT) {
      const bytes = readAll(window, begin, length);
      for (const set of decodeSetMap(MAPS[id], bytes, begin).sets)
        yield { kind: 'entry', offset: at, catalog: 'set-map', type: 'SSET', fields: fieldsOfSet(set) };
    } else if (DETAILS[id] !== undefined) {
      const source = {
        size: length,
        read: (into: Uint8Array, from: number): number => readSome(window, into, begin + from, Math.min(into.length, length - from)),
      };
      for (const entry of detailEntries(DETAILS[id], source))
        yield { kind: 'entry', offset: at, catalog: 'detail', type: entry.type, fields: fieldsOf(entry) };
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    yield damageOf(error, at);
  }
}

function readAll(window: FileWindow, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSome(window, bytes, at, length));
}

function readSome(window: FileWindow, into: Uint8Array, at: number, length: number): number {
  let done = 0;
  while (done < length) {
    const n = window.read(at + done, into.subarray(done, length));
    if (n === 0) break;
    done += n;
  }
  return done;
}

const fieldsOfSet = (set: MappedSet): InspectedEntry['fields'] => ({
  number: set.setNumber,
  media: set.parts.map(({ mediaSequence, pba, fla }) => `${String(mediaSequence)}:pba=${String(pba)},fla=${String(fla)}`),
  ...(set.detail ? { detail: `${String(set.detail.mediaSequence)}:pba=${String(set.detail.pba)}` } : {}),
  name: set.name,
  description: set.description,
  user: set.user,
  volumes: set.volumes.map(({ device, label }) => device || label),
  machine: set.volumes[0]?.machine ?? '',
  ...(set.files === undefined ? {} : { files: set.files }),
  ...(set.directories === undefined ? {} : { directories: set.directories }),
  ...(set.bytes === undefined ? {} : { bytes: set.bytes }),
  ...(set.corrupt === undefined ? {} : { corrupt: set.corrupt }),
});

const fieldsOf = ({ mediaSequence, fla, displayableSize, name, volume }: DetailEntry): InspectedEntry['fields'] => ({
  media: mediaSequence,
  fla,
  ...(displayableSize === 0 ? {} : { size: displayableSize }),
  ...(name === undefined ? {} : { name }),
  ...(volume ? { device: volume.device, volume: volume.label, machine: volume.machine } : {}),
});
