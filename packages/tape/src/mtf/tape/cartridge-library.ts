import { isWinbackError } from '@winback/core';
import { tapeError, TapeStatus, type ChangerElement, type TapeChanger, type TapeDrive } from '../../api/index.js';
import { called, DriveInChanger, type ChangerOfJob } from './drive-in-changer.js';
import { FirstCartridge, type FirstNamed, type FirstRequest } from './first-cartridge.js';
import { inWords, KnownCartridges } from './known-cartridges.js';
import type { CartridgeIdentity } from './identify-cartridge.js';
import type { CartridgeRequest } from './tape-medium.js';

export interface CartridgeLibraryParts extends ChangerOfJob {
  /** The cartridge that the job begins with, where the user named it. */
  readonly first?: FirstNamed | undefined;
}

/** A changer with the drive that a job uses: gets it the cartridge that is wanted, and puts back every other one. */
export class CartridgeLibrary {
  readonly #known = new KnownCartridges();
  readonly #bay: DriveInChanger;
  readonly #first: FirstCartridge;

  constructor(private readonly parts: CartridgeLibraryParts) {
    this.#bay = new DriveInChanger(parts);
    this.#first = new FirstCartridge(this.#bay, this.#known, parts.first);
  }

  /** That there is such a changer, with such a drive: better known before a job than in the middle of it. @throws TAPE_*, TARGET_SCHEME */
  check(): void {
    using changer = this.parts.open();
    this.#bay.element(changer);
    this.#first.check(changer);
  }

  /** The cartridge that a job begins with: where the drive is empty, or another one is in it than was named. @throws as {@link FirstCartridge.load} */
  begin(drive: TapeDrive, request: FirstRequest): void {
    if (this.#first.isThere(drive)) return;
    using changer = this.parts.open();
    this.#first.load(changer, drive, request);
  }

  /**
   * Puts the cartridge in the drive back into its slot, and the wanted one into the drive.
   * @throws TAPE_NOT_FOUND, TAPE_END_OF_MEDIA (purpose `write`) when it is in no slot; TAPE_*, INTERRUPTED
   */
  change(drive: TapeDrive, request: CartridgeRequest): void {
    using changer = this.parts.open();
    // Where all are known to be others, nothing is moved to find that out.
    if (request.purpose === 'read' && this.#inOrder(this.#bay.all(changer), request).length === 0)
      throw noneOf(changer, request, [], undefined);
    const before = this.#bay.empty(changer, drive);
    if (before && request.purpose === 'write') {
      // It is the full one.
      this.#known.set(before, { ...request, kind: 'family', mediaSequence: request.mediaSequence - 1 });
    }
    const tried: string[] = [];
    let cause: unknown;
    for (const slot of this.#inOrder(this.#bay.full(changer), request, before?.address)) {
      try {
        const identity = this.#bay.load(changer, drive, slot);
        this.#known.set(slot, identity);
        tried.push(`${called(slot)} (${inWords(identity)})`);
        if (isWanted(identity, request)) {
          // It will not be blank any more.
          if (request.purpose === 'write') this.#known.set(slot, { ...request, kind: 'family' });
          return;
        }
      } catch (error) {
        if (!isWinbackError(error) || error.code === 'INTERRUPTED' || error.code === 'TAPE_NO_MEDIA_IN_DRIVE') {
          this.#bay.empty(changer, drive);
          throw error;
        }
        cause = error;
        tried.push(`${called(slot)} (${error.message})`);
      }
      this.#bay.empty(changer, drive);
    }
    throw noneOf(changer, request, tried, cause);
  }

  /** The one that is known to be wanted, then those that nobody knows, the one `before` last; none that is known to be another. */
  #inOrder<E extends ChangerElement>(slots: readonly E[], request: CartridgeRequest, before?: number): readonly E[] {
    const rank = (slot: E): number => {
      const identity = this.#known.get(slot);
      if (identity) return isWanted(identity, request) ? 0 : 3;
      return slot.address === before ? 2 : 1;
    };
    return slots.filter((slot) => rank(slot) < 3).sort((a, b) => rank(a) - rank(b));
  }
}

const isWanted = (identity: CartridgeIdentity, { purpose, mediaFamilyId, mediaSequence }: CartridgeRequest): boolean =>
  purpose === 'write'
    ? identity.kind === 'blank' && !identity.writeProtected
    : identity.kind === 'family' && identity.mediaFamilyId === mediaFamilyId && identity.mediaSequence === mediaSequence;

function noneOf(changer: TapeChanger, request: CartridgeRequest, tried: readonly string[], cause: unknown): Error {
  const { purpose, mediaFamilyId, mediaSequence } = request;
  const number = String(mediaSequence);
  const family = mediaFamilyId.toString(16).padStart(8, '0');
  const which =
    purpose === 'write' ? `a blank cartridge, to be number ${number} of family ${family},` : `cartridge ${number} of family ${family}`;
  const seen = tried.length === 0 ? 'none was left to try' : `tried: ${tried.slice(0, 20).join(', ')}`;
  return tapeError(
    purpose === 'write' ? TapeStatus.ERROR_END_OF_MEDIA : TapeStatus.ERROR_FILE_NOT_FOUND,
    changer.name,
    `${which} is needed, and in no slot; ${seen}`,
    { purpose, mediaFamilyId, mediaSequence, tried },
    { cause, hint: 'put it into a slot; "winback tape changer ADDRESS list" shows what is where' },
  );
}
