import { UsageError } from '@winback/core/errors';
import { TapePositionMethod as To, type TapeDrive } from '@winback/tape';
import type { ExitCode } from '../exit-codes.js';
import type { CommonOptions, Session } from '../session.js';
import { answer } from './tape-answer.js';
import { driveName, openDrive, shownDrive } from './tape-open.js';
import { shownPlace } from './tape-place.js';

interface Options extends CommonOptions {
  readonly block?: number;
  readonly blocks?: number;
  readonly filemarks?: number;
  readonly setmarks?: number;
  readonly sequentialFilemarks?: number;
  readonly sequentialSetmarks?: number;
  readonly endOfData?: boolean;
  readonly partition?: number;
  readonly absolute?: boolean;
}

interface Move {
  readonly option: string;
  readonly method: (typeof To)[keyof typeof To];
  readonly offset: number;
}

/** Moves a tape (SetTapePosition), and tells where it stands then. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  const move = moveOf(options);
  using drive = await openDrive(io, options, text, { mode: 'read' });
  drive.setTapePosition(move.method, options.partition ?? 0, move.offset);
  const { place, words } = shownPlace(drive);
  const ending = forgets(drive) ? 'A cartridge in a file is at its beginning again when it is opened next.\n' : '';
  return answer(io, options, { drive: driveName(drive), ...place }, `${shownDrive(drive)} is at ${words}.\n${ending}`);
}

/** Drives whose cartridges are files stand nowhere between two commands. */
const forgets = ({ localFiles }: TapeDrive): boolean => localFiles !== undefined;

/** @throws USAGE */
function moveOf(o: Options): Move {
  const given: Move[] = [];
  const add = (option: string, method: Move['method'], offset: number | undefined): void => {
    if (offset !== undefined) given.push({ option, method, offset });
  };
  add('--block', o.absolute ? To.ABSOLUTE_BLOCK : To.LOGICAL_BLOCK, o.block);
  add('--blocks', To.SPACE_RELATIVE_BLOCKS, o.blocks);
  add('--filemarks', To.SPACE_FILEMARKS, o.filemarks);
  add('--setmarks', To.SPACE_SETMARKS, o.setmarks);
  add('--sequential-filemarks', To.SPACE_SEQUENTIAL_FMKS, o.sequentialFilemarks);
  add('--sequential-setmarks', To.SPACE_SEQUENTIAL_SMKS, o.sequentialSetmarks);
  add('--end-of-data', To.SPACE_END_OF_DATA, o.endOfData ? 0 : undefined);
  const [move, second] = given;
  const hint = 'give one of --block, --blocks, --filemarks, --setmarks, --sequential-filemarks, --sequential-setmarks and --end-of-data';
  if (!move) throw new UsageError('it is not said where to go', {}, { hint });
  if (second) throw new UsageError(`${move.option} cannot be used with ${second.option}`, {}, { hint });
  if (o.absolute && move.option !== '--block') throw new UsageError(`--absolute goes with --block, not with ${move.option}`);
  if (o.absolute && o.partition !== undefined) throw new UsageError('absolute addresses go with no partition');
  if (o.partition !== undefined && move.method !== To.LOGICAL_BLOCK && move.method !== To.SPACE_END_OF_DATA) {
    throw new UsageError(`--partition goes with --block and --end-of-data, not with ${move.option}`);
  }
  if (move.option === '--block' && move.offset < 0) throw new UsageError('--block is less than 0', {}, { hint: '--blocks moves back too' });
  return move;
}
