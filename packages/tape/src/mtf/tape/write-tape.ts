import { isWinbackError } from '@winback/core';
import { TapemarkType, type TapeDrive } from '../../api/index.js';

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
