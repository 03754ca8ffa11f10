import { isWinbackError } from '@winback/core';
import { TapemarkType, tapeError, TapeStatus, type TapeDrive } from '../../api/index.js';

/** Writes one block. True: the end of the medium is near. @throws TAPE_EOM_OVERFLOW, TAPE_IO when it is not whole on the medium */
export function writeBlock(drive: TapeDrive, block: Uint8Array): boolean {
  const { bytes, status } = drive.write(block);
  if (bytes === block.length) return status === TapeStatus.ERROR_END_OF_MEDIA;
  const why = status === TapeStatus.NO_ERROR ? TapeStatus.ERROR_IO_DEVICE : status;
  throw tapeError(why, drive.name, 'writing a block', { written: bytes, expected: block.length });
}

/**
 * Writes filemarks; none at all only sees to it that what was written before is on the medium. Near the end of the medium drives say so, and the
 * marks are on it all the same.
 */
export function writeFilemarks(drive: TapeDrive, count: number): void {
  try {
    drive.writeTapemark(TapemarkType.FILEMARKS, count);
  } catch (error) {
    if (!isWinbackError(error, 'TAPE_END_OF_MEDIA')) throw error;
  }
}
