import { TapeStatus, type ChangerElement, type TapeChanger } from '../api/index.js';
import { cdb } from './cdb.js';
import { DeviceType, Timeout } from './constants.js';
import { decodeElements, reportLength } from './elements.js';
import { ScsiDevice } from './scsi-device.js';
import { checkDeviceType } from './scsi-tape-drive.js';
import type { ScsiTransport } from './transport.js';

/** Bytes of the first question; a changer with more elements is asked again. Sixteen bits are what the simplest of them read. */
const FIRST = 0xffff;
const LARGEST = 0xff_ffff;
/** Drives, slots, and places for cartridges that come and go. One at a time: some changers mix up the pages of an answer about all. */
const TYPES = [4, 2, 3] as const;

/** A changer that knows SCSI's medium changer commands (SMC), wherever it is: see {@link ScsiTransport}. */
export class ScsiChanger implements TapeChanger {
  readonly #device: ScsiDevice;

  private constructor(transport: ScsiTransport) {
    this.#device = new ScsiDevice(transport);
  }

  /** A changer at a transport, which is closed with it, and when this throws. @throws TAPE_NOT_FOUND when it is no changer */
  static open(transport: ScsiTransport): ScsiChanger {
    const changer = new ScsiChanger(transport);
    try {
      checkDeviceType(changer.#device, DeviceType.CHANGER, 'changer');
      changer.#device.clearAttentions();
      return changer;
    } catch (error) {
      changer.#device.close();
      throw error;
    }
  }

  get name(): string {
    return this.#device.name;
  }

  /** @throws TAPE_NOT_READY while the changer looks through its slots */
  elements(): readonly ChangerElement[] {
    // Whoever asks hears what changed from the answer itself.
    this.#device.clearAttentions();
    return TYPES.flatMap((type) => {
      let bytes = this.#report(type, FIRST);
      const needed = reportLength(bytes);
      if (needed > bytes.length && bytes.length === FIRST) bytes = this.#report(type, Math.min(needed, LARGEST));
      return decodeElements(bytes);
    });
  }

  /** Makes the changer look through all its slots again, which can take minutes. */
  initializeElementStatus(): void {
    this.#device.run('looking through the slots', cdb.initializeElementStatus(), 'none', undefined, Timeout.MOTION);
  }

  /** Keeps people from taking cartridges out, or lets them again. */
  preventRemoval(prevent: boolean): void {
    this.#device.run(prevent ? 'locking the changer' : 'unlocking the changer', cdb.preventAllow(prevent));
  }

  /** @throws TAPE_MEDIA_CHANGED, TAPE_BUS_RESET: somebody else may have moved cartridges; nothing was moved, {@link elements} tells */
  move(from: number, to: number): void {
    const what = `moving a cartridge from ${String(from)} to ${String(to)}`;
    if (!isAddress(from) || !isAddress(to)) throw this.#device.failure(TapeStatus.ERROR_INVALID_PARAMETER, what);
    this.#device.run(what, cdb.moveMedium(from, to), 'none', undefined, Timeout.MOTION);
  }

  [Symbol.dispose](): void {
    this.#device.close();
  }

  #report(type: number, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    const length = this.#device.run('asking for the elements', cdb.readElementStatus(type, size), 'read', bytes, Timeout.TRANSFER);
    return bytes.subarray(0, length);
  }
}

const isAddress = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 0xffff;
