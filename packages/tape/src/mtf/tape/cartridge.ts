import { FeaturesLow, TapeStatus, type TapeDrive } from '../../api/index.js';
import { blockProblem, peekBlock } from '../block-head.js';
import { BlockAttribute, BlockType } from '../constants.js';
import { FileWindow } from '../file-window.js';
import { readMedium, UNKNOWN_MEDIUM, type Medium } from '../medium.js';
import { setsBetween, type SetIndex } from '../set-place.js';
import { loadTape, type TapeBlocks } from './tape-blocks.js';
import { TapeSource } from './tape-source.js';

/** For headers here and there. */
const SMALL_WINDOW = 65_536;

/** A cartridge with sets, as its filemarks show it. */
export interface Cartridge {
  readonly drive: TapeDrive;
  readonly blocks: TapeBlocks;
  readonly window: FileWindow;
  /** As a file would be whose soft filemarks are as large as a block. */
  readonly medium: Medium;
  /** Places of the filemarks, in bytes. */
  readonly marks: readonly number[];
  /** Blocks and marks on it. */
  readonly end: number;
}

/** Blocks of any size where the drive knows such. */
export function useVariableBlocks(drive: TapeDrive, fixed: number): void {
  const variable = (drive.getDriveParameters().featuresLow & FeaturesLow.VARIABLE_BLOCK) !== 0;
  drive.setMediaParameters({ blockSize: variable ? 0 : fixed });
}

/** Undefined: the cartridge is blank. @throws TARGET_FOREIGN when something else is on it; TAPE_* */
export function readCartridge(drive: TapeDrive, fixedBlockSize: number): Cartridge | undefined {
  useVariableBlocks(drive, fixedBlockSize);
  let blocks: TapeBlocks;
  try {
    blocks = loadTape(drive);
  } catch (error) {
    const status = (error as { details?: { status?: unknown } }).details?.status;
    if (status === TapeStatus.ERROR_NO_DATA_DETECTED) return undefined;
    throw error;
  }
  return cartridgeOf(drive, blocks);
}

/** Its filemarks are looked for when they are asked for. */
function cartridgeOf(drive: TapeDrive, blocks: TapeBlocks): Cartridge {
  let found: { readonly marks: readonly number[]; readonly end: number } | undefined;
  const filemarks = (): { readonly marks: readonly number[]; readonly end: number } => (found ??= blocks.filemarks());
  const end = blocks.end?.() ?? filemarks().end;
  let places: readonly number[] | undefined;
  const marks = (): readonly number[] => (places ??= filemarks().marks.map((mark) => mark * blocks.blockSize));
  const window = new FileWindow(new TapeSource(blocks, end), Math.max(SMALL_WINDOW, blocks.blockSize));
  const medium = { ...mediumOf(window, () => (marks()[0] ?? 0) + blocks.blockSize), softSize: blocks.blockSize };
  return {
    drive,
    blocks,
    window,
    medium,
    end,
    get marks() {
      return marks();
    },
  };
}

/** What the TAPE block says; where it cannot be read, what the first set shows. @throws TARGET_FOREIGN */
function mediumOf(window: FileWindow, behindMark: () => number): Medium {
  if (peekBlock(window, 0)) return readMedium(window);
  const firstSet = behindMark();
  if (peekBlock(window, firstSet)?.type !== BlockType.SSET) return readMedium(window);
  const damage = blockProblem(window, 0);
  return { ...UNKNOWN_MEDIUM, first: firstSet, damage };
}

/** The sets of a cartridge; those that go on on the next one are told apart. */
export function setsOf({ window, medium, marks, blocks }: Cartridge): SetIndex & { readonly goesOn: boolean } {
  const found = setsBetween(window, medium, marks);
  // Where a drive tells no positions, a set ends at the mark that is met.
  const index = blocks.areAddresses ? found : { ...found, sets: found.sets.map((set) => ({ ...set, end: undefined })) };
  const goesOn = marks.some((mark) => peekBlock(window, mark + medium.softSize)?.type === BlockType.EOTM);
  return { ...index, goesOn };
}

/** Whether a set began on an earlier cartridge. */
export const isContinued = ({ window }: Cartridge, at: number): boolean => {
  const head = peekBlock(window, at);
  return head?.type === BlockType.SSET && (head.attributes & BlockAttribute.CONTINUATION) !== 0;
};
