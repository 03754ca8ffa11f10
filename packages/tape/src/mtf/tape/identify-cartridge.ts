import { isWinbackError, type ErrorCode } from '@winback/core';
import { TapePositionMethod, TapeStatus, type TapeDrive } from '../../api/index.js';
import { FileWindow } from '../file-window.js';
import { readMedium } from '../medium.js';
import { useVariableBlocks } from './cartridge.js';
import { loadTape } from './tape-blocks.js';
import { TapeSource } from './tape-source.js';

/** A cartridge in Microsoft Tape Format. */
export interface FamilyCartridge {
  readonly kind: 'family';
  readonly mediaFamilyId: number;
  readonly mediaSequence: number;
  /** What else its TAPE block says, where that was read. */
  readonly facts?: {
    readonly name: string;
    /** When it was begun, for people. */
    readonly date: string;
    readonly software: string;
    /** Winback began it. */
    readonly ours: boolean;
  };
}

/** What the first block of a cartridge tells. */
export type CartridgeIdentity =
  | { readonly kind: 'blank'; readonly writeProtected: boolean }
  | FamilyCartridge
  /** Something else is on it, or nothing that can be read. */
  | { readonly kind: 'other'; readonly why: string };

/** Of drives whose blocks have one size. */
const BLOCK_SIZE = 65_536;
/** Room for a block of any cartridge. */
const BLOCK_MAX = 1 << 20;
/** What a first block that makes no sense, or cannot be read, ends with. */
const NO_FIRST_BLOCK: ReadonlySet<string> = new Set<ErrorCode>([
  'TARGET_FOREIGN',
  'TAPE_IO',
  'TAPE_INVALID_BLOCK_LENGTH',
  'TAPE_FILEMARK_DETECTED',
  'TAPE_SETMARK_DETECTED',
  'TAPE_NO_DATA_DETECTED',
  'TAPE_END_OF_MEDIA',
]);

/** Reads the first block of the cartridge in a drive; nothing is written. @throws TAPE_* when the drive fails */
export function identifyCartridge(drive: TapeDrive): CartridgeIdentity {
  const { defaultBlockSize } = drive.getDriveParameters();
  useVariableBlocks(drive, Math.min(BLOCK_SIZE, defaultBlockSize || BLOCK_SIZE));
  try {
    if (isBlank(drive)) return { kind: 'blank', writeProtected: drive.getMediaParameters().writeProtected };
    const blocks = loadTape(drive);
    const medium = readMedium(new FileWindow(new TapeSource(blocks, 1), blocks.blockSize));
    if (medium.damage) return { kind: 'other', why: medium.damage.message };
    const { mediaFamilyId, mediaSequence, mediaName: name, mediaDate: date, softwareName: software, ours } = medium;
    return { kind: 'family', mediaFamilyId, mediaSequence, facts: { name, date, software, ours } };
  } catch (error) {
    if (isWinbackError(error) && NO_FIRST_BLOCK.has(error.code)) return { kind: 'other', why: error.message };
    throw error;
  }
}

/** Nothing was ever written at its beginning. */
function isBlank(drive: TapeDrive): boolean {
  drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
  const { bytes, status } = drive.read(new Uint8Array(BLOCK_MAX));
  return bytes === 0 && status === TapeStatus.ERROR_NO_DATA_DETECTED;
}
