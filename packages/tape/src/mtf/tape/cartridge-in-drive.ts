import { isWinbackError, TargetError, type WinbackError } from '@winback/core';
import type { TapeDrive } from '../../api/index.js';
import type { Medium } from '../medium.js';
import { assertBlank } from './assert-blank.js';
import { readCartridge, useVariableBlocks, type Cartridge } from './cartridge.js';
import { isLost } from './lost-cartridge.js';
import { noVersion } from './target-errors.js';
import type { CartridgeRequest, ChangeCartridge } from './tape-medium.js';

/** Which cartridge of which family. */
export type CartridgeNumber = Pick<Medium, 'mediaFamilyId' | 'mediaSequence'>;

export interface CartridgeInDriveParts {
  readonly uri: string;
  readonly drive: TapeDrive;
  /** Of drives whose blocks have one size. */
  readonly blockSize: number;
  readonly change: ChangeCartridge;
  /** Asks for the password of a cartridge that is read. @throws TARGET_PASSWORD */
  readonly admit: (medium: Medium) => void;
}

/** The drive of a target, and what is in it. */
export class CartridgeInDrive {
  #drive: TapeDrive;
  /** What is in the drive, as long as nobody else moved it. */
  #loaded: Cartridge | undefined;
  /** Which one was in it last. */
  #seen: CartridgeNumber | undefined;
  /** Cartridges that could not be had, by their numbers. */
  readonly #lost = new Map<number, WinbackError>();

  constructor(private readonly parts: CartridgeInDriveParts) {
    this.#drive = parts.drive;
  }

  get drive(): TapeDrive {
    return this.#drive;
  }

  /** Reads what is in the drive; undefined where it is blank. @throws TARGET_FOREIGN, TARGET_PASSWORD, TAPE_* */
  read(): Cartridge | undefined {
    this.#loaded = this.#readAgain();
    if (!this.#loaded) return undefined;
    const { medium } = this.#loaded;
    this.#seen = medium.damage ? undefined : medium;
    this.parts.admit(medium);
    return this.#loaded;
  }

  /** It is going to be written to, or was changed. */
  forget(): void {
    this.#loaded = undefined;
  }

  /** Gets another cartridge. One that could not be had once is not asked for again. */
  readonly change: ChangeCartridge = (drive, request) => {
    const { purpose, mediaSequence } = request;
    const lost = purpose === 'read' ? this.#lost.get(mediaSequence) : undefined;
    if (lost) throw lost;
    this.#loaded = undefined;
    this.#drive = this.#changed(drive, request);
    useVariableBlocks(this.#drive, this.parts.blockSize);
    if (purpose === 'write') assertBlank(this.#drive, mediaSequence);
    this.#seen = request;
    return this.#drive;
  };

  /** The cartridge of a number, which is asked for when another one is in the drive. @throws TARGET_FOREIGN; TAPE_* */
  get(mediaSequence: number): Cartridge {
    const { uri } = this.parts;
    const here = this.#loaded ?? this.read();
    if (!here) throw noVersion(uri, 'latest', []);
    if (here.medium.mediaSequence === mediaSequence) return here;
    const { mediaFamilyId } = here.medium;
    const drive = this.change(this.#drive, { purpose: 'read', mediaFamilyId, mediaSequence });
    const other = this.read();
    if (other?.medium.mediaFamilyId === mediaFamilyId && other.medium.mediaSequence === mediaSequence) return other;
    throw new TargetError('TARGET_FOREIGN', `${drive.name}: cartridge ${String(mediaSequence)} of the family is needed`, {
      path: drive.name,
      mediaSequence,
    });
  }

  /** The same, or why nobody has it. */
  tryGet(mediaSequence: number): Cartridge | WinbackError {
    try {
      return this.get(mediaSequence);
    } catch (error) {
      if (isLost(error)) return error;
      throw error;
    }
  }

  /** Whether a cartridge is in the drive; `fetch`: an empty drive may get it for that. Whatever goes wrong is a no. */
  holds({ mediaFamilyId, mediaSequence }: CartridgeNumber, fetch: boolean): boolean {
    this.#seen = fetch ? { mediaFamilyId, mediaSequence } : undefined;
    try {
      const medium = this.read()?.medium;
      return medium?.mediaFamilyId === mediaFamilyId && medium.mediaSequence === mediaSequence;
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      return false;
    } finally {
      this.#loaded = undefined;
    }
  }

  #changed(drive: TapeDrive, request: CartridgeRequest): TapeDrive {
    try {
      return this.parts.change(drive, request);
    } catch (error) {
      if (request.purpose === 'read' && isLost(error)) this.#lost.set(request.mediaSequence, error);
      throw error;
    }
  }

  /** A changer that looked for another one in vain has put that of before back into its slot. */
  #readAgain(): Cartridge | undefined {
    const { blockSize } = this.parts;
    try {
      return readCartridge(this.#drive, blockSize);
    } catch (error) {
      if (!this.#seen || !isWinbackError(error, 'TAPE_NO_MEDIA_IN_DRIVE')) throw error;
      const { mediaFamilyId, mediaSequence } = this.#seen;
      this.change(this.#drive, { purpose: 'read', mediaFamilyId, mediaSequence });
      return readCartridge(this.#drive, blockSize);
    }
  }
}
