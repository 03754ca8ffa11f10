import { tapeError, TapeStatus, type TapeDrive } from '../api/index.js';

/** Writes one block. True: the end of the medium is near. @throws TAPE_EOM_OVERFLOW, TAPE_IO when it is not whole on the medium */
export function writeBlock(drive: Pick<TapeDrive, 'name' | 'write'>, block: Uint8Array): boolean {
  const { bytes, status } = drive.write(block);
  if (bytes === block.length) return status === TapeStatus.ERROR_END_OF_MEDIA;
  const why = status === TapeStatus.NO_ERROR ? TapeStatus.ERROR_IO_DEVICE : status;
  throw tapeError(why, drive.name, 'writing a block', { written: bytes, expected: block.length });
}
