import { isWinbackError, TargetError } from '@winback/core';
import {
  FeaturesHigh,
  FeaturesLow,
  TapePositionMethod,
  TapeStatus,
  tapeError,
  type TapeDrive,
  type TapeTransfer,
} from '../../api/index.js';
import { LogicalBlocks } from './logical-blocks.js';
import { SectionBlocks } from './section-blocks.js';

/** A tape as a row of blocks and filemarks, each with a number. */
export interface TapeBlocks {
  readonly drive: TapeDrive;
  /** Bytes of every block. */
  readonly blockSize: number;
  /** Whether numbers are the drive's own: blocks and marks from the beginning of the partition. */
  readonly areAddresses: boolean;
  /** Goes to a block, or behind the last one. False: there is no such place, and the drive stands anywhere. */
  seek(block: number): boolean;
  /** Reads the block that was gone to, or the one behind the last. `filemark`: it is none. `end`: nothing is behind. */
  read(into: Uint8Array): 'block' | 'filemark' | 'end';
  /** The next number that something may have: numbers have gaps where a drive tells no positions. */
  next(block: number): number;
  /** The first number behind everything, where it can be had without looking for the filemarks. */
  end?(): number;
  /** The numbers of all filemarks, and the first number behind everything. */
  filemarks(): { readonly marks: readonly number[]; readonly end: number };
}

/** The largest block that is looked for on a tape of unknown block size. */
const BLOCK_MAX = 1 << 20;

export function tapeBlocks(drive: TapeDrive, blockSize: number): TapeBlocks {
  const { featuresLow, featuresHigh } = drive.getDriveParameters();
  const addressed = (featuresLow & FeaturesLow.GET_LOGICAL_BLK) !== 0 && (featuresHigh & FeaturesHigh.LOGICAL_BLK) !== 0;
  return addressed ? new LogicalBlocks(drive, blockSize) : new SectionBlocks(drive, blockSize);
}

/**
 * Reads the first block of the cartridge, which tells the size of all.
 * @throws TAPE_NO_DATA_DETECTED when it is blank
 */
export function loadTape(drive: TapeDrive): TapeBlocks {
  drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
  const into = new Uint8Array(BLOCK_MAX);
  const { bytes, status } = readFirst(drive, into);
  if (bytes === 0) {
    const nothing = status === TapeStatus.NO_ERROR ? TapeStatus.ERROR_NO_DATA_DETECTED : status;
    throw tapeError(nothing, drive.name, 'reading the first block');
  }
  if (bytes % 512 !== 0) {
    const message = `${drive.name}: the first block has ${String(bytes)} bytes; Microsoft Tape Format has multiples of 512`;
    throw new TargetError('TARGET_FOREIGN', message, { path: drive.name, blockSize: bytes });
  }
  return tapeBlocks(drive, bytes);
}

/** The first block, or where it cannot be read the first one behind the filemark after it. */
function readFirst(drive: TapeDrive, into: Uint8Array): TapeTransfer {
  try {
    return drive.read(into);
  } catch (error) {
    if (!isWinbackError(error, 'TAPE_IO')) throw error;
    drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    drive.setTapePosition(TapePositionMethod.SPACE_FILEMARKS, 0, 1);
    return drive.read(into);
  }
}
