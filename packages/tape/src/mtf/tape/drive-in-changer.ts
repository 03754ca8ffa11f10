import { isWinbackError, type Cancellation } from '@winback/core';
import { tapeError, TapePrepare, TapeStatus, type ChangerElement, type TapeChanger, type TapeDrive } from '../../api/index.js';
import { awaitCartridge, pause } from './await-cartridge.js';
import { identifyCartridge, type CartridgeIdentity } from './identify-cartridge.js';

/** How labels of cleaning cartridges begin; one that is loaded cleans, and is worn by it. */
const CLEANING = /^CLN/i;
/** Most that a changer takes to look through its slots, after its door was open. */
const INVENTORY_SECONDS = 600;

/** What a job knows of its changer. */
export interface ChangerOfJob {
  /** Opened for each change: hours are between them. */
  readonly open: () => TapeChanger;
  /** Which of the changer's drives it is, from 0. */
  readonly driveNumber: number;
  readonly cancellation: Cancellation;
}

/** A slot, and the number that people count it by: from 1. */
export interface Slot extends ChangerElement {
  readonly number: number;
}

export const isCleaning = ({ volumeTag }: ChangerElement): boolean => CLEANING.test(volumeTag ?? '');

/** The drive of a job, seen from the changer that fills and empties it. */
export class DriveInChanger {
  /** The slot that the cartridge in the drive came from, where we moved it. */
  #home: number | undefined;

  constructor(private readonly parts: ChangerOfJob) {}

  /** All slots, full or not. */
  slots(changer: TapeChanger): readonly Slot[] {
    return this.#elements(changer)
      .filter(({ kind }) => kind === 'slot')
      .map((slot, i) => ({ ...slot, number: i + 1 }));
  }

  /** Slots with cartridges that can be used. */
  full(changer: TapeChanger): readonly Slot[] {
    return this.slots(changer).filter((slot) => slot.full && !isCleaning(slot));
  }

  /** The same, and the drive where it has a cartridge. */
  all(changer: TapeChanger): readonly ChangerElement[] {
    return [...this.full(changer), ...[this.element(changer)].filter(({ full }) => full)];
  }

  /** The drive as an element. @throws TAPE_INVALID_PARAMETER when the changer has none of that number */
  element(changer: TapeChanger): ChangerElement {
    return this.#drive(changer, this.#elements(changer));
  }

  /** Takes the cartridge out of the drive, to where it came from or else to the first slot that is free. Answers with that slot. */
  empty(changer: TapeChanger, drive: TapeDrive): ChangerElement | undefined {
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

  /** The same where the changer sees a cartridge in the drive: some drives that have none say that they unloaded it. */
  clear(changer: TapeChanger, drive: TapeDrive): void {
    const element = this.element(changer);
    if (element.full) this.empty(changer, drive);
    else if (isReady(drive))
      throw this.#notThisDrive(changer, drive, `${called(element)} of the changer is empty, and the drive has a cartridge`);
  }

  /** Puts the cartridge of a slot into the drive, which is empty, and looks what it is. */
  load(changer: TapeChanger, drive: TapeDrive, slot: ChangerElement): CartridgeIdentity {
    this.parts.cancellation.check();
    move(changer, slot, this.element(changer));
    this.#home = slot.address;
    this.ready(changer, drive);
    return identifyCartridge(drive);
  }

  /** Waits for the cartridge that the changer says is in the drive. @throws TAPE_NO_MEDIA_IN_DRIVE: it is another drive */
  ready(changer: TapeChanger, drive: TapeDrive): void {
    try {
      loadInto(drive);
      awaitCartridge(drive, this.parts.cancellation);
    } catch (error) {
      if (!isWinbackError(error, 'TAPE_NO_MEDIA_IN_DRIVE')) throw error;
      throw this.#notThisDrive(
        changer,
        drive,
        `a cartridge is in ${called(this.element(changer))} of the changer, and none in the drive`,
        error,
      );
    }
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

  #notThisDrive(changer: TapeChanger, drive: TapeDrive, why: string, cause?: unknown): Error {
    const what = `using it with ${drive.name}: ${why}`;
    const hint = 'name the drive of the changer that it is: ADDRESS?drive=1 is the second one';
    return tapeError(TapeStatus.ERROR_NO_MEDIA_IN_DRIVE, changer.name, what, { drive: drive.name }, { hint, cause });
  }
}

export const called = ({ kind, address, volumeTag }: ChangerElement): string => volumeTag ?? `${kind} ${String(address)}`;

/** Whether there is a cartridge in a drive that can be used, whatever else the drive has to tell before. */
export function isReady(drive: TapeDrive): boolean {
  for (let tries = 0; tries < 5; tries++) {
    const status = drive.getTapeStatus();
    if (status === TapeStatus.ERROR_MEDIA_CHANGED || status === TapeStatus.ERROR_BUS_RESET) continue;
    return status !== TapeStatus.ERROR_NO_MEDIA_IN_DRIVE && status !== TapeStatus.ERROR_NOT_READY;
  }
  return true;
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
