import { TargetError, type BackupVersion, type WinbackError } from '@winback/core';
import { isVersion, type ListedSet, type SetList } from '../version-list.js';
import type { Cartridge } from './cartridge.js';
import { notTheLatest } from './lost-cartridge.js';
import { mappedFamily } from './mapped-family.js';

/** The newest version that can be had whole, and where it is. */
export interface LatestVersion {
  readonly mediaSequence: number;
  /** Its number in the list of that cartridge. Undefined: the last one of the set map there. */
  readonly number?: number | undefined;
  /** There is a newer one, whose end is missing. */
  readonly error?: WinbackError | undefined;
}

export interface LatestParts {
  readonly uri: string;
  readonly list: (cartridge: Cartridge) => SetList;
  /** The cartridge of a number, or why it cannot be had. */
  readonly next: (mediaSequence: number) => Cartridge | WinbackError;
}

interface Found {
  readonly mediaSequence: number;
  readonly set: ListedSet;
}

/**
 * Follows a set that goes on on further cartridges to the newest one, as far as they can be had. Where its end is missing, the newest version
 * before it is taken, and where there is none, what there is of the set. Undefined: there are no versions.
 */
export function latestVersion(first: Cartridge, { uri, list, next }: LatestParts): LatestVersion | undefined {
  let whole: Found | undefined;
  let cut: Found | undefined;
  let error: WinbackError | undefined;
  for (let cartridge = first; ;) {
    const { mediaSequence } = cartridge.medium;
    if (mappedFamily(cartridge).family) return { mediaSequence };
    const versions = list(cartridge).sets.filter(isVersion);
    const last = versions.at(-1);
    const lastWhole = versions.filter(({ version }) => version.continuesOn === undefined).at(-1);
    if (lastWhole) whole = { mediaSequence, set: lastWhole };
    if (last && last === lastWhole) break;
    if (!last) {
      if (cut) error = neverFinished(uri, mediaSequence);
      break;
    }
    cut = { mediaSequence, set: last };
    const further = next(mediaSequence + 1);
    if (!('drive' in further)) {
      error = further;
      break;
    }
    cartridge = further;
  }
  if (whole && cut && error) return { ...placeOf(whole), error: notTheLatest(uri, versionOf(whole), versionOf(cut), error) };
  const taken = whole ?? cut;
  return taken && placeOf(taken);
}

const placeOf = ({ mediaSequence, set }: Found): LatestVersion => ({ mediaSequence, number: set.place.number });
const versionOf = ({ set }: Found): BackupVersion => set.version;

const neverFinished = (uri: string, mediaSequence: number): TargetError =>
  new TargetError('TARGET_DAMAGED', `${uri}: on cartridge ${String(mediaSequence)} it was never finished`, { path: uri, mediaSequence });
