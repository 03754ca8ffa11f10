import type { Slot } from './drive-in-changer.js';
import type { CartridgeIdentity, FamilyCartridge } from './identify-cartridge.js';

/** A cartridge in a slot, and what its first block tells. */
export interface FoundCartridge<I extends CartridgeIdentity = CartridgeIdentity> {
  readonly slot: Slot;
  readonly identity: I;
}

/** The cartridges of a media family that are at hand. */
export interface Family {
  /** With the highest number: the one that has the catalogs. Several: copies of one another. */
  readonly newest: readonly FoundCartridge<FamilyCartridge>[];
  /** The highest numbers first. */
  readonly older: readonly FoundCartridge<FamilyCartridge>[];
}

const isOfFamily = (found: FoundCartridge): found is FoundCartridge<FamilyCartridge> => found.identity.kind === 'family';

/** Families in the order of their first cartridges. */
export function familiesOf(found: readonly FoundCartridge[]): readonly Family[] {
  const families = new Map<number, FoundCartridge<FamilyCartridge>[]>();
  for (const one of found.filter(isOfFamily)) {
    const { mediaFamilyId } = one.identity;
    families.set(mediaFamilyId, [...(families.get(mediaFamilyId) ?? []), one]);
  }
  return [...families.values()].map((cartridges) => {
    const last = Math.max(...cartridges.map(({ identity }) => identity.mediaSequence));
    const newest = cartridges.filter(({ identity }) => identity.mediaSequence === last);
    const older = cartridges.filter((one) => !newest.includes(one));
    return { newest, older: older.sort((a, b) => b.identity.mediaSequence - a.identity.mediaSequence) };
  });
}
