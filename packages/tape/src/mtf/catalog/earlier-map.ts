import { blockBody, peekBlock } from '../block-head.js';
import { BlockType } from '../constants.js';
import type { FileWindow } from '../file-window.js';
import { EndOfSetBlock, SetBlock, VolumeBlock } from '../layout/index.js';
import type { Medium } from '../medium.js';
import { blockEnd } from '../skip-block.js';
import type { ListedSet } from '../version-list.js';
import { mapOfSetEnd, tryMap } from './read-map.js';
import { decodeSetMap, type SetMap } from './set-map.js';
import { encodeSetMap } from './set-map-writer.js';

/**
 * The map of all sets so far, for the next set to go on with: the newest that can be read, and what can be seen of the sets behind it.
 * @param sets those on the medium that are committed, oldest first
 */
export function earlierMap(window: FileWindow, medium: Medium, sets: readonly ListedSet[], type: 1 | 2): SetMap | undefined {
  let map: SetMap | undefined;
  let from = sets.length;
  while (from > 0 && !map) {
    const eset = sets[--from]?.place.esetAt;
    if (eset !== undefined) ({ map } = tryMap(() => mapOfSetEnd(window, eset, type)));
    if (map && map.mediaFamilyId !== medium.mediaFamilyId) map = undefined;
  }
  for (const set of sets.slice(map ? from + 1 : 0)) map = withSet(window, medium, set, map, type) ?? map;
  return map;
}

/** The map with a set that it lacks, as far as its blocks tell. */
function withSet(window: FileWindow, medium: Medium, set: ListedSet, map: SetMap | undefined, type: 1 | 2): SetMap | undefined {
  const sset = bytesAt(window, set.place.at, BlockType.SSET, SetBlock.size);
  const eset = set.place.esetAt === undefined ? undefined : bytesAt(window, set.place.esetAt, BlockType.ESET, EndOfSetBlock.size);
  if (!sset || !eset) return undefined;
  const head = peekBlock(window, set.place.at);
  const next = head ? blockEnd(window, head) : undefined;
  const volume = typeof next === 'number' ? bytesAt(window, next, BlockType.VOLB, VolumeBlock.size) : undefined;
  const { files = 0, directories = 0, bytes = 0 } = set.stored?.catalog ?? {};
  const { mediaSequence } = medium;
  const tape = bytesAt(window, 0, BlockType.TAPE, SetBlock.size);
  const encoded = encodeSetMap(type, medium.mediaFamilyId, map, {
    parts: [{ mediaSequence, pba: SetBlock.decode(sset).pba, sset, volumes: volume ? [volume] : [] }],
    directories,
    files,
    corrupt: EndOfSetBlock.decode(eset).corruptObjects,
    bytes,
    detail: { pba: 0, mediaSequence: type === 1 ? 0 : mediaSequence },
    stored: undefined,
    tapes: new Map(tape ? [[mediaSequence, tape]] : []),
    eset,
  });
  return encoded ? decodeSetMap(type, encoded, set.place.at) : undefined;
}

/** A block up to its first stream. */
export function bytesAt(window: FileWindow, at: number, type: string, least: number): Buffer | undefined {
  const head = peekBlock(window, at);
  const body = head?.type === type ? blockBody(window, head, least) : undefined;
  return body ? Buffer.from(body.bytes) : undefined;
}
