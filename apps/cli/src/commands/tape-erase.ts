import { TapeErase, TapePositionMethod } from '@winback/tape';
import type { ExitCode } from '../exit-codes.js';
import type { CommonOptions, Session } from '../session.js';
import { answer } from './tape-answer.js';
import { contentsOf, doneAndLost, mustBeMeant } from './tape-contents.js';
import { driveName, openDrive } from './tape-open.js';

interface Options extends CommonOptions {
  readonly long?: boolean;
  readonly partition?: number;
  readonly yes?: boolean;
}

/** Erases a partition from its beginning (EraseTape). */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  using drive = await openDrive(io, options, text, { mode: options.yes ? 'write' : 'read' });
  const rewind = (): void => drive.setTapePosition(TapePositionMethod.REWIND, options.partition ?? 0, 0);
  rewind();
  const lost = contentsOf(drive);
  mustBeMeant(drive, options.yes, 'erasing', lost);
  rewind();
  drive.eraseTape(options.long ? TapeErase.LONG : TapeErase.SHORT);
  const erased = options.long ? 'long' : 'short';
  return answer(io, options, { drive: driveName(drive), erased, lost }, doneAndLost(drive, 'erased', lost));
}
