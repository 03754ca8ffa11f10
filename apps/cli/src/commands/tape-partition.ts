import { UsageError } from '@winback/core/errors';
import { TapePartitionMethod } from '@winback/tape';
import type { ExitCode } from '../exit-codes.js';
import type { CommonOptions, Session } from '../session.js';
import { plural } from '../terminal/format.js';
import { answer } from './tape-answer.js';
import { contentsOf, doneAndLost, mustBeMeant } from './tape-contents.js';
import { driveName, openDrive } from './tape-open.js';

interface Options extends CommonOptions {
  readonly method: 'fixed' | 'select' | 'initiator';
  readonly count?: number;
  /** MB of the second partition. */
  readonly size?: number;
  readonly yes?: boolean;
}

const METHODS = { fixed: TapePartitionMethod.FIXED, select: TapePartitionMethod.SELECT, initiator: TapePartitionMethod.INITIATOR } as const;

/** Divides a cartridge (CreateTapePartition), which loses all that is on it. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  const { method, count = 0, size, yes } = options;
  if (method !== 'fixed' && count < 1) throw new UsageError(`--method ${method} takes --count, 1 or more`);
  if (method === 'initiator' && count > 1 && !size) throw new UsageError('--method initiator takes --size, the MB of the second partition');
  if (method !== 'initiator' && size !== undefined) throw new UsageError(`--size goes with --method initiator, not with ${method}`);
  using drive = await openDrive(io, options, text, { mode: yes ? 'write' : 'read' });
  const lost = contentsOf(drive);
  mustBeMeant(drive, yes, 'dividing', lost);
  drive.createTapePartition(METHODS[method], count, size ?? 0);
  const { partitionCount } = drive.getMediaParameters();
  const done = `divided into ${plural(partitionCount, 'partition')}`;
  return answer(io, options, { drive: driveName(drive), method, partitionCount, lost }, doneAndLost(drive, done, lost));
}
