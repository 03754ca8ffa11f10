import { TargetError } from '@winback/core';
import { TapePositionMethod, TapeStatus, type TapeDrive } from '../../api/index.js';
import { PIECE_SIZE } from '@winback/core/io';

/** @throws TARGET_FOREIGN: nothing is ever written over */
export function assertBlank(drive: TapeDrive, mediaSequence: number): void {
  drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
  const { bytes, status } = drive.read(new Uint8Array(PIECE_SIZE));
  if (bytes > 0 || status !== TapeStatus.ERROR_NO_DATA_DETECTED) {
    throw new TargetError(
      'TARGET_FOREIGN',
      `${drive.name}: a blank cartridge is needed, to be number ${String(mediaSequence)}, and this one is not`,
      { path: drive.name, mediaSequence },
      { hint: `"winback tape erase" makes it blank; what is on it is lost then` },
    );
  }
  drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
}
