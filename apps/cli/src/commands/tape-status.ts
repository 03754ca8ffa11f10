import { tapeError, tapeStatusName, TapeStatus } from '@winback/tape';
import { isWinbackError } from '@winback/core/errors';
import { Exit, exitCodeOf, type ExitCode } from '../exit-codes.js';
import type { CommonOptions, Session } from '../session.js';
import { tapeHint } from '../tape-hints.js';
import { answer } from './tape-answer.js';
import { driveName, openDrive, shownDrive } from './tape-open.js';

/** Tells whether a drive can take commands (GetTapeStatus). The exit code is that of an error with this status. */
export async function run({ io }: Session, options: CommonOptions, [text = '']: readonly string[]): Promise<ExitCode> {
  using drive = await openDrive(io, options, text, { mode: 'read' });
  const status = drive.getTapeStatus();
  const name = tapeStatusName(status) ?? 'unknown';
  const ready = status === TapeStatus.NO_ERROR;
  const error = status === TapeStatus.NO_ERROR ? undefined : tapeError(status, '', '');
  const message = error ? plain(error.message) : 'ready';
  const code = error && isWinbackError(error) ? error.code : undefined;
  const hint = tapeHint(code);
  return answer(
    io,
    options,
    {
      drive: driveName(drive),
      status,
      name,
      ready,
      message,
      ...(code === undefined ? {} : { code }),
      ...(hint === undefined ? {} : { hint }),
    },
    `${shownDrive(drive)}: ${message} (${name}, ${String(status)})\n${hint === undefined ? '' : `  hint: ${hint}\n`}`,
    error ? exitCodeOf(code, error.details) : Exit.DONE,
  );
}

/** Only what was met: without the drive, the call and the name of the status. */
const plain = (message: string): string => message.replace(/^[: ]*/, '').replace(/ \([A-Z_]+\)$/, '');
