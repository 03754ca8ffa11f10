import { isWinbackError, UsageError } from '@winback/core/errors';
import { TapemarkType, TapePositionMethod, TapeStatus, type TapeDrive } from '@winback/tape';
import type { ExitCode } from '../exit-codes.js';
import type { CommonOptions, Session } from '../session.js';
import { plural } from '../terminal/format.js';
import { answer } from './tape-answer.js';
import { fixedBlockSize } from './tape-contents.js';
import { driveName, openDrive, shownDrive } from './tape-open.js';
import { placeOf, shownPlace, shownPosition } from './tape-place.js';

const TYPES = {
  filemarks: [TapemarkType.FILEMARKS, 'filemark'],
  setmarks: [TapemarkType.SETMARKS, 'setmark'],
  'short-filemarks': [TapemarkType.SHORT_FILEMARKS, 'short filemark'],
  'long-filemarks': [TapemarkType.LONG_FILEMARKS, 'long filemark'],
} as const;

interface Options extends CommonOptions {
  readonly type: keyof typeof TYPES;
  readonly count: number;
  readonly endOfData?: boolean;
  readonly yes?: boolean;
}

/** Writes marks (WriteTapemark). What follows them is lost, as with all that is written to tapes. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  const { type, count, endOfData, yes } = options;
  using drive = await openDrive(io, options, text, { mode: 'write' });
  if (endOfData) drive.setTapePosition(TapePositionMethod.SPACE_END_OF_DATA, 0, 0);
  else if (!yes && count > 0) mustBeAtEnd(drive);
  const [mark, name] = TYPES[type];
  drive.writeTapemark(mark, count);
  const { place, words } = shownPlace(drive);
  const written = `${plural(count, name)} written`;
  return answer(io, options, { drive: driveName(drive), type, count, ...place }, `${shownDrive(drive)}: ${written}, now at ${words}.\n`);
}

/** @throws USAGE where something follows that would be lost; the drive stands where it stood */
function mustBeAtEnd(drive: TapeDrive): void {
  const name = driveName(drive);
  const hint = '--end-of-data writes them behind everything; with --yes they are written here';
  const here = placeOf(drive).logical;
  if (!here) throw new UsageError(`${name} does not tell where it stands, and marks lose what follows them`, { drive: name }, { hint });
  if (!isSomethingHere(drive)) return;
  drive.setTapePosition(TapePositionMethod.LOGICAL_BLOCK, 0, here.offset);
  throw new UsageError(`${name}: marks at ${shownPosition(here)} lose what follows them`, { drive: name, ...here }, { hint });
}

function isSomethingHere(drive: TapeDrive): boolean {
  const { blockSize } = drive.getMediaParameters();
  try {
    const { bytes, status } = drive.read(new Uint8Array(blockSize || fixedBlockSize(drive)));
    return bytes > 0 || status !== TapeStatus.ERROR_NO_DATA_DETECTED;
  } catch (error) {
    // Some drives say it as an error.
    if (isWinbackError(error, 'TAPE_NO_DATA_DETECTED')) return false;
    // A block larger than the memory, or a damaged one, is something.
    if (isWinbackError(error, 'TAPE_INVALID_BLOCK_LENGTH') || isWinbackError(error, 'TAPE_IO')) return true;
    throw error;
  }
}
