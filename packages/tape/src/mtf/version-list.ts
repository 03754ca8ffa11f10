import { isWinbackError, TargetError, type BackupVersion, type TargetDamage } from '@winback/core';
import { peekBlock } from './block-head.js';
import { BlockStreams } from './block-streams.js';
import { WinbackStreamId } from './constants.js';
import type { FileWindow } from './file-window.js';
import type { Medium } from './medium.js';
import { firstVolume, readSetHead, type SetHead } from './set-head.js';
import { findSets, type SetIndex, type SetPlace } from './set-place.js';
import { decodeCatalog, STORED_CATALOG_LIMIT, type StoredCatalog } from './stored-catalog.js';

/** A set that can be opened, with what is known about it. */
export interface ListedSet {
  readonly place: SetPlace;
  readonly head: SetHead;
  readonly stored: StoredCatalog | undefined;
  readonly version: BackupVersion;
}

/** Whether a set was finished. */
export const isVersion = (set: ListedSet): boolean => set.place.committedEnd !== undefined;

export interface SetList {
  readonly sets: readonly ListedSet[];
  readonly damage: readonly TargetDamage[];
}

/** Lists the sets of a file. Reads headers and catalogs only. */
export function listSets(window: FileWindow, medium: Medium, index: SetIndex = findSets(window, medium)): SetList {
  const damage: TargetDamage[] = [];
  const open = index.sets.filter((set) => set.committedEnd === undefined);
  // An unfinished end explains the damage that the walk met there.
  const tornAt = open.at(-1)?.at ?? Infinity;
  for (const error of index.damage) if (error.where.offset < tornAt) damage.push({ error });
  const used = new Map<string, number>();
  const sets = index.sets.map((place) => {
    const head = readSetHead(window, place);
    const stored = storedCatalog(window, place, damage);
    const version = versionOf(window, medium, place, head, stored, used);
    if (place.committedEnd === undefined) damage.push({ error: unfinished(window, place) });
    return { place, head, stored, version };
  });
  return { sets, damage };
}

const unfinished = (window: FileWindow, place: SetPlace): TargetError =>
  new TargetError(
    'TARGET_DAMAGED',
    `${window.path}: the set that begins at byte 0x${place.at.toString(16)} was never finished`,
    { path: window.path, offset: place.at, number: place.number },
    {
      hint: `it is no version; what it holds can be read as set ${place.number}. The next backup to a file of Winback's own takes it away`,
    },
  );

function storedCatalog(window: FileWindow, place: SetPlace, damage: TargetDamage[]): StoredCatalog | undefined {
  const head = place.esetAt === undefined ? undefined : peekBlock(window, place.esetAt);
  if (!head) return undefined;
  const streams = new BlockStreams(window, () => undefined);
  try {
    streams.begin(head);
    for (let raw = streams.nextRaw(); raw; raw = streams.nextRaw()) {
      if (raw.id === WinbackStreamId.CATALOG) return decodeCatalog(streams.readAll(STORED_CATALOG_LIMIT), raw.at);
    }
  } catch (error) {
    if (!isWinbackError(error) || !error.code.startsWith('FORMAT_')) throw error;
    damage.push({ error });
  }
  return undefined;
}

function versionOf(
  window: FileWindow,
  medium: Medium,
  place: SetPlace,
  head: SetHead,
  stored: StoredCatalog | undefined,
  used: Map<string, number>,
): BackupVersion {
  const started = stored ? Date.parse(stored.catalog.started) : NaN;
  const time = Number.isNaN(started) ? head.time : BigInt(started) * 1_000_000n;
  const base = versionId(time);
  const count = (used.get(base) ?? 0) + 1;
  if (place.committedEnd !== undefined) used.set(base, count);
  const volume = stored ? undefined : firstVolume(window, place);
  return {
    id: count === 1 ? base : `${base}-${count}`,
    number: place.number,
    time,
    name: stored?.name ?? head.name,
    description: stored?.description ?? head.description,
    machine: stored?.machine ?? volume?.machine ?? '',
    user: stored?.user ?? head.user,
    software: stored?.catalog.software ?? medium.softwareName,
    volumes: stored ? stored.volumes.map((v) => v.root) : volume ? [volume.device || volume.label] : [],
    ...(stored ? { files: stored.catalog.files, bytes: stored.catalog.bytes, catalog: stored.catalog } : {}),
  };
}

/** wbadmin's form of a version identifier: MM/DD/YYYY-HH:MM, in UTC. */
export function versionId(time: bigint): string {
  const iso = new Date(Number(time / 1_000_000n)).toISOString();
  const [, year = '', month = '', day = '', clock = ''] = /^([+-]?\d+)-(\d\d)-(\d\d)T(\d\d:\d\d)/.exec(iso) ?? [];
  return `${month}/${day}/${year}-${clock}`;
}
