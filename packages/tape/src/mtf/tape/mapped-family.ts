import { FormatError, type BackupVersion, type WinbackError } from '@winback/core';
import { peekBlock } from '../block-head.js';
import { BlockStreams } from '../block-streams.js';
import { BlockType, CatalogStreamId, CatalogType } from '../constants.js';
import { decodeSetMap, SET_MAP_LIMIT, type MappedSet, type SetMap } from '../catalog/set-map.js';
import { endFields, mapOfSetEnd, tryMap } from '../catalog/read-map.js';
import { versionId } from '../version-list.js';
import type { Cartridge } from './cartridge.js';

/** All sets of a family as its newest map has them. */
export interface MappedFamily {
  readonly type: 1 | 2;
  readonly sets: readonly MappedSet[];
  /** In the same order. */
  readonly versions: readonly BackupVersion[];
}

/**
 * The sets of the family, by the map at the end of the cartridge: without going to each of them. Undefined where there is none, or something
 * stands behind it: then filemarks tell more. `error`: there is one that cannot be believed.
 */
export function mappedFamily(cartridge: Cartridge): {
  readonly family?: MappedFamily | undefined;
  readonly error?: WinbackError | undefined;
} {
  const { medium, blocks } = cartridge;
  const type = medium.catalogType;
  if ((type !== CatalogType.ONE && type !== CatalogType.TWO) || !blocks.areAddresses || medium.damage) return {};
  const { map, error } = tryMap(() => newestMap(cartridge, type));
  if (!map) return { error };
  return { family: { type, sets: map.sets, versions: versionsOf(map.sets, medium.softwareName) } };
}

/** @throws FORMAT_* */
function newestMap(cartridge: Cartridge, type: 1 | 2): SetMap | undefined {
  const { window, end, blocks, medium } = cartridge;
  const { blockSize } = blocks;
  let map: SetMap | undefined;
  let setNumber: number | undefined;
  let at: number;
  if (type === CatalogType.ONE) {
    // The second ESET fills the block before the last filemark, and knows where the map is.
    at = (end - 2) * blockSize;
    const eset = at > 0 ? endFields(window, at) : undefined;
    if (!eset || eset.mbcField2 === 0) return undefined;
    ({ setNumber } = eset);
    map = mapAt(cartridge, eset.mbcField2 * blockSize, at);
  } else {
    at = (cartridge.marks.at(-2) ?? 0) + blockSize;
    if (at === blockSize || cartridge.marks.at(-1) !== (end - 1) * blockSize) return undefined;
    setNumber = endFields(window, at)?.setNumber;
    map = mapOfSetEnd(window, at, type);
  }
  if (!map || setNumber === undefined) return undefined;
  const why = problemOf(map, medium.mediaFamilyId, medium.mediaSequence, setNumber);
  if (why === undefined) return map;
  throw new FormatError('FORMAT_STRUCTURE', `the set map ${why}`, { struct: 'MTF_SM_HDR', offset: at });
}

/** @throws FORMAT_* */
function mapAt({ window }: Cartridge, at: number, before: number): SetMap | undefined {
  if (at >= before)
    throw new FormatError('FORMAT_RANGE', 'the set map is said to stand behind its own end', {
      struct: 'MTF_ESET',
      offset: before,
      actual: at,
    });
  const streams = new BlockStreams(window, () => undefined);
  streams.begin({ at: at - 4, offsetToFirstEvent: 4 });
  const raw = streams.nextRaw();
  if (raw?.id === CatalogStreamId.MAP_1) return decodeSetMap(1, streams.readAll(SET_MAP_LIMIT), raw.at);
  throw new FormatError('FORMAT_MAGIC', 'no set map begins here', { struct: 'TSMP', offset: at, actual: raw?.id });
}

/** Why a map cannot be that of all sets up to the one at whose end it stands. */
function problemOf({ sets, mediaFamilyId }: SetMap, family: number, media: number, setNumber: number): string | undefined {
  if (mediaFamilyId !== family) return 'is that of another family';
  if (sets.length !== setNumber) return `has ${String(sets.length)} sets, and stands at the end of set ${String(setNumber)}`;
  let [sequence, pba] = [0, -1];
  for (const [i, set] of sets.entries()) {
    if (set.setNumber !== i + 1) return `has set ${String(set.setNumber)} in the place of set ${String(i + 1)}`;
    for (const part of set.parts) {
      if (part.mediaSequence < sequence || (part.mediaSequence === sequence && part.pba <= pba))
        return 'has sets that do not follow one another';
      [sequence, pba] = [part.mediaSequence, part.pba];
    }
  }
  return sequence === media ? undefined : `ends on cartridge ${String(sequence)}`;
}

function versionsOf(sets: readonly MappedSet[], software: string): BackupVersion[] {
  const used = new Map<string, number>();
  return sets.map((set) => {
    const { stored } = set;
    const started = stored ? Date.parse(stored.catalog.started) : NaN;
    const time = Number.isNaN(started) ? set.time : BigInt(started) * 1_000_000n;
    const base = versionId(time);
    const count = (used.get(base) ?? 0) + 1;
    used.set(base, count);
    return {
      id: count === 1 ? base : `${base}-${String(count)}`,
      number: set.setNumber,
      time,
      name: stored?.name ?? set.name,
      description: stored?.description ?? set.description,
      machine: stored?.machine ?? set.volumes[0]?.machine ?? '',
      user: stored?.user ?? set.user,
      software: stored?.catalog.software ?? software,
      volumes: stored ? stored.volumes.map((v) => v.root) : set.volumes.map((v) => v.device || v.label),
      files: stored?.catalog.files ?? set.files,
      bytes: stored?.catalog.bytes ?? set.bytes,
      ...(stored ? { catalog: stored.catalog } : {}),
    };
  });
}

/** The ESET of a set's detail, and where the stream of the detail is to be looked for. */
export function detailPlace(
  { window, blocks }: Cartridge,
  type: 1 | 2,
  pba: number,
): { at: number; offsetToFirstEvent: number } | undefined {
  const at = pba * blocks.blockSize;
  if (type === CatalogType.ONE) return { at: at - 4, offsetToFirstEvent: 4 };
  const head = peekBlock(window, at);
  return head?.type === BlockType.ESET ? head : undefined;
}
