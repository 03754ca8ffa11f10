import { isWinbackError, UsageError } from '@winback/core/errors';
import { readCartridge, setsOf, TapeStatus, type TapeDrive } from '@winback/tape';
import { Exit, exitCodeOf } from '../exit-codes.js';
import { withoutSecrets } from '../secrets.js';
import { formatCount, plural } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import { driveName, shownDrive } from './tape-open.js';

/** Bytes of a block, for drives that know blocks of one size only and do not say of which. */
const BLOCK_SIZE = 65_536;

/** What is on a cartridge, as far as somebody who is about to lose it wants to know. */
export interface Contents {
  /** `other`: something that is not in Microsoft Tape Format, or cannot be read. */
  readonly kind: 'blank' | 'sets' | 'other';
  readonly sets: number;
  /** Blocks and marks; undefined: nobody counted them. */
  readonly blocks?: number | undefined;
  /** Why it is not known what it is. */
  readonly problem?: string | undefined;
}

/** Bytes of a block for drives that cannot write blocks of any size. */
export const fixedBlockSize = (drive: TapeDrive): number => {
  const { defaultBlockSize } = drive.getDriveParameters();
  return drive.getMediaParameters().blockSize || defaultBlockSize || BLOCK_SIZE;
};

/** Does something that sets the block size, and sets it back. */
export function keepingBlockSize<T>(drive: TapeDrive, action: () => T): T {
  const { blockSize } = drive.getMediaParameters();
  try {
    return action();
  } finally {
    if (drive.getMediaParameters().blockSize !== blockSize) drive.setMediaParameters({ blockSize });
  }
}

/** Does something that sets a drive, and sets it back as far as it can be. */
export async function keepingSettings<T>(drive: TapeDrive, action: () => Promise<T>): Promise<T> {
  const { reportSetmarks } = drive.getDriveParameters();
  const { blockSize } = drive.getMediaParameters();
  try {
    return await action();
  } finally {
    if (drive.getDriveParameters().reportSetmarks !== reportSetmarks) drive.setDriveParameters({ reportSetmarks });
    if (drive.getMediaParameters().blockSize !== blockSize) drive.setMediaParameters({ blockSize });
  }
}

/** Looks at the current partition, and stands somewhere on it then. @throws TAPE_* where there is nothing to look at */
export function contentsOf(drive: TapeDrive): Contents {
  try {
    return keepingBlockSize(drive, () => {
      const cartridge = readCartridge(drive, fixedBlockSize(drive));
      if (!cartridge) return { kind: 'blank', sets: 0, blocks: 0 };
      return { kind: 'sets', sets: setsOf(cartridge).sets.length, blocks: cartridge.end };
    });
  } catch (error) {
    if (!isWinbackError(error) || exitCodeOf(error.code) === Exit.TARGET) throw error;
    const { status } = error.details;
    // A mark is the first thing on it.
    const foreign = error.code === 'TARGET_FOREIGN' || status === TapeStatus.ERROR_FILEMARK_DETECTED;
    return { kind: 'other', sets: 0, problem: foreign ? 'it is not in Microsoft Tape Format' : withoutDrive(error.message, drive) };
  }
}

const withoutDrive = (message: string, { name }: TapeDrive): string =>
  message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;

/** What is lost, in words: `3 sets (1,234 blocks and marks)`. */
function inWords({ kind, sets, blocks, problem }: Contents): string {
  if (kind === 'blank') return 'nothing, the cartridge is blank';
  if (kind === 'other') return `what is on the cartridge (${problem ?? 'unknown'})`;
  return `${plural(sets, 'set')} (${formatCount(blocks ?? 0)} blocks and marks)`;
}

/**
 * Lets what destroys go on only where it was said that it may.
 * @param what for example `erasing`
 * @throws USAGE, which says what would be lost
 */
export function mustBeMeant(drive: TapeDrive, yes: boolean | undefined, what: string, lost: Contents): void {
  if (yes) return;
  throw new UsageError(
    `${driveName(drive)}: ${what} loses ${inWords(lost)}`,
    { drive: driveName(drive), lost },
    { hint: 'with --yes it is done' },
  );
}

/** `DRIVE: erased. Lost: 3 sets (…).` */
export const doneAndLost = (drive: TapeDrive, done: string, lost: Contents): string =>
  `${shownDrive(drive)}: ${done}. Lost: ${printable(withoutSecrets(inWords(lost)))}.\n`;
