import { TapePositionMethod } from '@winback/tape';
import type { ExitCode } from '../exit-codes.js';
import type { CommonOptions, Session } from '../session.js';
import { answer } from './tape-answer.js';
import { driveName, openDrive, shownDrive } from './tape-open.js';
import { shownPlace } from './tape-place.js';

interface Options extends CommonOptions {
  readonly partition?: number;
}

/** Winds a tape to the beginning of a partition. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  using drive = await openDrive(io, options, text, { mode: 'read' });
  drive.setTapePosition(TapePositionMethod.REWIND, options.partition ?? 0, 0);
  const { place, words } = shownPlace(drive);
  return answer(io, options, { drive: driveName(drive), ...place }, `${shownDrive(drive)} is rewound, at ${words}.\n`);
}
