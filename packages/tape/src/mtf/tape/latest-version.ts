import { TargetError, type WinbackError } from '@winback/core';
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

/** What is known of the newest versions of a family. */
interface Newest {
  /** The cartridge with the set map, which lists them all. */
  mapped?: number;
  /** The newest one that is whole. */
  whole?: Found;
  /** A newer one whose end is missing, and why. */
  cut?: Found | undefined;
  error?: WinbackError;
}

/**
 * Follows a set that goes on on further cartridges to the newest one, as far as they can be had. Where its end is missing, the newest version
 * before it is taken, if need be from an earlier cartridge, and where there is none, what there is of the set. Undefined: there are no versions.
 */
export function latestVersion(first: Cartridge, parts: LatestParts): LatestVersion | undefined {
  const newest = ahead(first, parts);
  if (newest.mapped !== undefined) return { mediaSequence: newest.mapped };
  if (!newest.whole) lookBack(first.medium.mediaSequence, parts, newest);
  const { whole, cut, error } = newest;
  if (whole && cut) return { ...placeOf(whole), error: notTheLatest(parts.uri, whole.set.version, cut.set.version, error) };
  if (whole) return placeOf(whole);
  return cut && isVersion(cut.set) ? placeOf(cut) : undefined;
}

function ahead(first: Cartridge, { uri, list, next }: LatestParts): Newest {
  const newest: Newest = {};
  for (let cartridge = first; ;) {
    const { mediaSequence } = cartridge.medium;
    if (mappedFamily(cartridge).family) return { mapped: mediaSequence };
    const { sets } = list(cartridge);
    const whole = lastWhole(sets);
    const last = sets.filter(isVersion).at(-1);
    if (whole) newest.whole = { mediaSequence, set: whole };
    if (last && last === whole) return { whole: { mediaSequence, set: whole } };
    if (!last) {
      const torn = sets.at(-1);
      newest.cut ??= torn && { mediaSequence, set: torn };
      return { ...newest, error: neverFinished(uri, mediaSequence) };
    }
    newest.cut = { mediaSequence, set: last };
    const further = next(mediaSequence + 1);
    if (!('drive' in further)) return { ...newest, error: further };
    cartridge = further;
  }
}

/** What began on an earlier cartridge has others before it there. */
function lookBack(from: number, { list, next }: LatestParts, newest: Newest): void {
  for (let mediaSequence = from - 1; mediaSequence >= 1 && !newest.whole; mediaSequence--) {
    const cartridge = next(mediaSequence);
    if (!('drive' in cartridge)) return;
    const { sets } = list(cartridge);
    const whole = lastWhole(sets);
    const last = sets.at(-1);
    if (last && last !== whole) newest.cut ??= { mediaSequence, set: last };
    if (whole) newest.whole = { mediaSequence, set: whole };
  }
}

const lastWhole = (sets: readonly ListedSet[]): ListedSet | undefined =>
  sets.filter((set) => isVersion(set) && set.version.continuesOn === undefined).at(-1);
const placeOf = ({ mediaSequence, set }: Found): LatestVersion => ({ mediaSequence, number: set.place.number });

const neverFinished = (uri: string, mediaSequence: number): TargetError =>
  new TargetError('TARGET_DAMAGED', `${uri}: on cartridge ${String(mediaSequence)} it was never finished`, { path: uri, mediaSequence });
