import { TapePrepare } from '@winback/tape';
import type { ExitCode } from '../exit-codes.js';
import type { CommonOptions, Session } from '../session.js';
import { answer } from './tape-answer.js';
import { contentsOf, doneAndLost, mustBeMeant } from './tape-contents.js';
import { driveName, openDrive, shownDrive } from './tape-open.js';

interface Options extends CommonOptions {
  readonly yes?: boolean;
}

const OPERATIONS: Readonly<Record<string, readonly [operation: (typeof TapePrepare)[keyof typeof TapePrepare], done: string]>> = {
  load: [TapePrepare.LOAD, 'loaded'],
  unload: [TapePrepare.UNLOAD, 'unloaded'],
  tension: [TapePrepare.TENSION, 'wound for tension'],
  lock: [TapePrepare.LOCK, 'locked'],
  unlock: [TapePrepare.UNLOCK, 'unlocked'],
  format: [TapePrepare.FORMAT, 'formatted'],
};

/** Loads, unloads, tightens, locks, unlocks or formats a cartridge (PrepareTape). */
export async function run({ io }: Session, options: Options, [text = '', word = '']: readonly string[]): Promise<ExitCode> {
  const [operation, done] = OPERATIONS[word] ?? [TapePrepare.LOAD, ''];
  const format = operation === TapePrepare.FORMAT;
  // Formatting makes the cartridge where cartridges are files.
  const how = format && options.yes ? ({ mode: 'write', create: true } as const) : ({ mode: 'read' } as const);
  using drive = await openDrive(io, options, text, how);
  if (!format) {
    drive.prepareTape(operation);
    return answer(io, options, { drive: driveName(drive), operation: word }, `${shownDrive(drive)}: ${done}.\n`);
  }
  const lost = contentsOf(drive);
  mustBeMeant(drive, options.yes, 'formatting', lost);
  drive.prepareTape(operation);
  return answer(io, options, { drive: driveName(drive), operation: word, lost }, doneAndLost(drive, done, lost));
}
