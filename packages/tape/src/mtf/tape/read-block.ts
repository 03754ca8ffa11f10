import { TapePositionMethod, TapeStatus, tapeError, type TapeDrive } from '../../api/index.js';

/** Reads what the drive stands at. @throws TAPE_INVALID_BLOCK_LENGTH for a block of another size */
export function readBlock(drive: TapeDrive, into: Uint8Array, blockSize: number, number: number): 'block' | 'filemark' | 'end' {
  const { bytes, status } = drive.read(into);
  const what = `reading block ${String(number)}`;
  if (bytes === blockSize) return 'block';
  if (bytes > 0) throw tapeError(TapeStatus.ERROR_INVALID_BLOCK_LENGTH, drive.name, what, { expected: blockSize, actual: bytes });
  if (status === TapeStatus.ERROR_FILEMARK_DETECTED || status === TapeStatus.ERROR_SETMARK_DETECTED) return 'filemark';
  if (status === TapeStatus.ERROR_NO_DATA_DETECTED || status === TapeStatus.ERROR_END_OF_MEDIA) return 'end';
  throw tapeError(status === TapeStatus.NO_ERROR ? TapeStatus.ERROR_IO_DEVICE : status, drive.name, what);
}

/** Moves over the next filemark. False: there is none. */
export function spaceFilemark(drive: TapeDrive): boolean {
  for (;;) {
    try {
      drive.setTapePosition(TapePositionMethod.SPACE_FILEMARKS, 0, 1);
      return true;
    } catch (error) {
      const status = (error as { details?: { status?: unknown } }).details?.status;
      if (status === TapeStatus.ERROR_NO_DATA_DETECTED || status === TapeStatus.ERROR_END_OF_MEDIA) return false;
      // Setmarks stop a drive that reports them. They mean nothing here.
      if (status !== TapeStatus.ERROR_SETMARK_DETECTED) throw error;
    }
  }
}
