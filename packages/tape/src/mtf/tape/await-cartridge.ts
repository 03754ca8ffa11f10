import type { Cancellation } from '@winback/core';
import { TapePositionMethod, tapeError, TapeStatus, type TapeDrive } from '../../api/index.js';

/** Tells of a change, which is no news here, and the time that a drive takes to load. */
const EXPECTED: ReadonlySet<number> = new Set([TapeStatus.ERROR_MEDIA_CHANGED, TapeStatus.ERROR_BUS_RESET]);
const LOADING: ReadonlySet<number> = new Set([TapeStatus.ERROR_NOT_READY, TapeStatus.ERROR_NO_MEDIA_IN_DRIVE]);
const LOAD_SECONDS = 120;

/**
 * Waits until the cartridge in a drive can be used, and rewinds it.
 * @throws TAPE_NO_MEDIA_IN_DRIVE and whatever else the drive still says after {@link LOAD_SECONDS}; INTERRUPTED
 */
export function awaitCartridge(drive: TapeDrive, cancellation: Cancellation): TapeDrive {
  let status = drive.getTapeStatus();
  for (let tries = 0; tries < LOAD_SECONDS && (EXPECTED.has(status) || LOADING.has(status)); tries++) {
    cancellation.check();
    if (LOADING.has(status)) pause(1000);
    status = drive.getTapeStatus();
  }
  if (status !== TapeStatus.NO_ERROR) throw tapeError(status, drive.name, 'loading the cartridge');
  drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
  return drive;
}

/** Holds this thread up. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
