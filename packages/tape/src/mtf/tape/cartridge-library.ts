import { isWinbackError, type Cancellation } from '@winback/core';
import { tapeError, TapePrepare, TapeStatus, type ChangerElement, type TapeChanger, type TapeDrive } from '../../api/index.js';
import { awaitCartridge, pause } from './await-cartridge.js';
import { identifyCartridge, type CartridgeIdentity } from './identify-cartridge.js';
import type { CartridgeRequest } from './tape-medium.js';

/** How labels of cleaning cartridges begin; one that is loaded cleans, and is worn by it. */
const CLEANING = /^CLN/i;
/** Most that a changer takes to look through its slots, after its door was open. */
const INVENTORY_SECONDS = 600;

export interface CartridgeLibraryParts {
  /** Opened for each change: hours are between them. */
  readonly open: () => TapeChanger;
  /** Which of the changer's drives it is, from 0. */
  readonly driveNumber: number;
  readonly cancellation: Cancellation;
}

/** A changer with the drive that a job uses: gets it the cartridge that is wanted, and puts back every other one. */
export class CartridgeLibrary {
  /** What was found on cartridges, by their label or, where they have none, by their slot. */
  readonly #known = new Map<string, CartridgeIdentity>();
  /** The slot that the cartridge in the drive came from, where we moved it. */
  #home: number | undefined;

  constructor(private readonly parts: CartridgeLibraryParts) {}

  /** That there is such a changer, with such a drive: better known before a job than in the middle of it. @throws TAPE_*, TARGET_SCHEME */
  check(): void {
    using changer = this.parts.open();
    this.#drive(changer, this.#elements(changer));
  }

  /**
   * Puts the cartridge in the drive back into its slot, and the wanted one into the drive.
   * @throws TAPE_NOT_FOUND, TAPE_END_OF_MEDIA (purpose `write`) when it is in no slot; TAPE_*, INTERRUPTED
   */
  change(drive: TapeDrive, request: CartridgeRequest): void {
    using changer = this.parts.open();
    const before = this.#empty(changer, drive);
    if (before && request.purpose === 'write') {
      // It is the full one.
      this.#known.set(keyOf(before), { ...request, kind: 'family', mediaSequence: request.mediaSequence - 1 });
    }
    const slots = this.#elements(changer).filter(({ kind, full, volumeTag }) => kind === 'slot' && full && !CLEANING.test(volumeTag ?? ''));
    const tried: string[] = [];
    let cause: unknown;
    for (const slot of this.#inOrder(slots, request, before)) {
      this.parts.cancellation.check();
      try {
        const identity = this.#load(changer, drive, slot);
        this.#known.set(keyOf(slot), identity);
        tried.push(`${called(slot)} (${inWords(identity)})`);
        if (isWanted(identity, request)) {
          // It will not be blank any more.
          if (request.purpose === 'write') this.#known.set(keyOf(slot), { ...request, kind: 'family' });
          return;
        }
      } catch (error) {
        if (!isWinbackError(error) || error.code === 'INTERRUPTED' || error.code === 'TAPE_NO_MEDIA_IN_DRIVE') {
          this.#empty(changer, drive);
          throw error;
        }
        cause = error;
        tried.push(`${called(slot)} (${error.message})`);
      }
      this.#empty(changer, drive);
    }
    throw noneOf(changer, request, tried, cause);
  }

  #drive(changer: TapeChanger, elements: readonly ChangerElement[]): ChangerElement {
    const drives = elements.filter(({ kind }) => kind === 'drive');
    const drive = drives[this.parts.driveNumber];
    if (drive) return drive;
    const what = `drive ${String(this.parts.driveNumber)} of the changer, which has ${String(drives.length)}, counted from 0,`;
    throw tapeError(TapeStatus.ERROR_INVALID_PARAMETER, changer.name, what, { drives: drives.length });
  }

  /** @throws TAPE_NOT_READY when the changer still looks through its slots after minutes */
  #elements(changer: TapeChanger): readonly ChangerElement[] {
    for (let tries = 0; ; tries++) {
      try {
        return changer.elements();
      } catch (error) {
        if (!isWinbackError(error, 'TAPE_NOT_READY') || tries === INVENTORY_SECONDS) throw error;
      }
      this.parts.cancellation.check();
      pause(1000);
    }
  }

  /** Takes the cartridge out of the drive, to where it came from or else to the first slot that is free. Answers with that slot. */
  #empty(changer: TapeChanger, drive: TapeDrive): ChangerElement | undefined {
    const isLoaded = unload(drive);
    const elements = this.#elements(changer);
    const from = this.#drive(changer, elements);
    if (!from.full) {
      if (!isLoaded) return undefined;
      throw this.#notThisDrive(changer, drive, `${called(from)} of the changer is empty, and the drive has a cartridge`);
    }
    const free = elements.filter(({ kind, full }) => kind === 'slot' && !full);
    const home = from.source ?? this.#home;
    const to = free.find(({ address }) => address === home) ?? free[0];
    if (!to) throw tapeError(TapeStatus.ERROR_UNABLE_TO_UNLOAD_MEDIA, changer.name, `emptying ${called(from)}, as no slot is free,`);
    move(changer, from, to);
    this.#home = undefined;
    return { ...to, volumeTag: from.volumeTag };
  }

  #load(changer: TapeChanger, drive: TapeDrive, slot: ChangerElement): CartridgeIdentity {
    const to = this.#drive(changer, this.#elements(changer));
    move(changer, slot, to);
    this.#home = slot.address;
    try {
      loadInto(drive);
      awaitCartridge(drive, this.parts.cancellation);
    } catch (error) {
      if (!isWinbackError(error, 'TAPE_NO_MEDIA_IN_DRIVE')) throw error;
      throw this.#notThisDrive(changer, drive, `a cartridge is in ${called(to)} of the changer, and none in the drive`, error);
    }
    return identifyCartridge(drive);
  }

  /** The one that is known to be wanted, then those that nobody knows, the one `before` last; none that is known to be another. */
  #inOrder(slots: readonly ChangerElement[], request: CartridgeRequest, before?: ChangerElement): readonly ChangerElement[] {
    const rank = (slot: ChangerElement): number => {
      const identity = this.#known.get(keyOf(slot));
      if (identity) return isWanted(identity, request) ? 0 : 3;
      return slot.address === before?.address ? 2 : 1;
    };
    return slots.filter((slot) => rank(slot) < 3).sort((a, b) => rank(a) - rank(b));
  }

  #notThisDrive(changer: TapeChanger, drive: TapeDrive, why: string, cause?: unknown): Error {
    const what = `using it with ${drive.name}: ${why}`;
    const hint = 'name the drive of the changer that it is: ADDRESS?drive=1 is the second one';
    return tapeError(TapeStatus.ERROR_NO_MEDIA_IN_DRIVE, changer.name, what, { drive: drive.name }, { hint, cause });
  }
}

const called = ({ kind, address, volumeTag }: ChangerElement): string => volumeTag ?? `${kind} ${String(address)}`;
const keyOf = ({ address, volumeTag }: ChangerElement): string => volumeTag ?? `at ${String(address)}`;

const isWanted = (identity: CartridgeIdentity, { purpose, mediaFamilyId, mediaSequence }: CartridgeRequest): boolean =>
  purpose === 'write'
    ? identity.kind === 'blank' && !identity.writeProtected
    : identity.kind === 'family' && identity.mediaFamilyId === mediaFamilyId && identity.mediaSequence === mediaSequence;

function inWords(identity: CartridgeIdentity): string {
  if (identity.kind === 'other') return identity.why;
  if (identity.kind === 'blank') return identity.writeProtected ? 'blank, write-protected' : 'blank';
  return `number ${String(identity.mediaSequence)} of family ${identity.mediaFamilyId.toString(16).padStart(8, '0')}`;
}

/** False: there was none in it. */
function unload(drive: TapeDrive): boolean {
  for (let tries = 0; ; tries++) {
    try {
      drive.prepareTape(TapePrepare.UNLOAD);
      return true;
    } catch (error) {
      if (isWinbackError(error, 'TAPE_NO_MEDIA_IN_DRIVE') || isWinbackError(error, 'TAPE_NOT_READY')) return false;
      if (tries === 3 || !isNews(error)) throw error;
    }
  }
}

/** Drives that load by themselves say so; others are told. */
function loadInto(drive: TapeDrive): void {
  for (let tries = 0; tries < 3; tries++) {
    const status = drive.getTapeStatus();
    if (status !== TapeStatus.ERROR_NO_MEDIA_IN_DRIVE && status !== TapeStatus.ERROR_NOT_READY) {
      if (status === TapeStatus.NO_ERROR) return;
      continue;
    }
    try {
      drive.prepareTape(TapePrepare.LOAD);
      return;
    } catch (error) {
      const isLoading = isWinbackError(error, 'TAPE_NO_MEDIA_IN_DRIVE') || isWinbackError(error, 'TAPE_NOT_READY');
      if (!isLoading && !isWinbackError(error, 'TAPE_UNSUPPORTED') && !isNews(error)) throw error;
    }
  }
}

/** The changer, or the drive, tells of something in between, and did nothing. */
const isNews = (error: unknown): boolean => isWinbackError(error, 'TAPE_MEDIA_CHANGED') || isWinbackError(error, 'TAPE_BUS_RESET');

function move(changer: TapeChanger, from: ChangerElement, to: ChangerElement): void {
  try {
    changer.move(from.address, to.address);
  } catch (error) {
    if (!isNews(error)) throw error;
    const now = (element: ChangerElement) => changer.elements().find(({ address }) => address === element.address);
    // Somebody else may have moved cartridges.
    if (now(from)?.volumeTag !== from.volumeTag || now(from)?.full !== true || now(to)?.full !== false) throw error;
    changer.move(from.address, to.address);
  }
}

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
