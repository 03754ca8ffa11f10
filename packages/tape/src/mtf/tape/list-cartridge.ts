import { listSets, type SetList } from '../version-list.js';
import { setsOf, type Cartridge } from './cartridge.js';

/**
 * The sets of a cartridge by its filemarks. The last one of a full cartridge is marked: it goes on on the next one, and whether it was ever finished
 * this one does not tell.
 */
export function listCartridge(cartridge: Cartridge): SetList {
  const index = setsOf(cartridge);
  const { window, medium } = cartridge;
  const list = listSets(window, medium, index);
  const last = list.sets.at(-1);
  if (!index.goesOn || !last || last.place.committedEnd !== undefined) return list;
  // Here it has no end that could be missing.
  const damage = list.damage.filter(({ error }) => error.details['number'] !== last.place.number);
  const marked = {
    ...last,
    place: { ...last.place, end: undefined, committedEnd: 0 },
    version: { ...last.version, continuesOn: medium.mediaSequence + 1 },
  };
  return { sets: [...list.sets.slice(0, -1), marked], damage };
}
