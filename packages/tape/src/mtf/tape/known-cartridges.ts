import type { ChangerElement } from '../../api/index.js';
import type { CartridgeIdentity } from './identify-cartridge.js';

/** What a job found on cartridges, by their label or, where they have none, by their slot. */
export class KnownCartridges {
  readonly #known = new Map<string, CartridgeIdentity>();

  get(element: ChangerElement): CartridgeIdentity | undefined {
    return this.#known.get(keyOf(element));
  }

  set(element: ChangerElement, identity: CartridgeIdentity): void {
    this.#known.set(keyOf(element), identity);
  }
}

const keyOf = ({ address, volumeTag }: ChangerElement): string => volumeTag ?? `at ${String(address)}`;

export const familyName = (mediaFamilyId: number): string => mediaFamilyId.toString(16).padStart(8, '0');

export function inWords(identity: CartridgeIdentity): string {
  if (identity.kind === 'other') return identity.why;
  if (identity.kind === 'blank') return identity.writeProtected ? 'blank, write-protected' : 'blank';
  return `number ${String(identity.mediaSequence)} of family ${familyName(identity.mediaFamilyId)}`;
}
