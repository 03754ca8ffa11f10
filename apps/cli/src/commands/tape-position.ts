import { tapeError, TapeStatus } from '@winback/tape';
import type { ExitCode } from '../exit-codes.js';
import type { CommonOptions, Session } from '../session.js';
import { table } from '../terminal/format.js';
import { answer } from './tape-answer.js';
import { driveName, openDrive, shownDrive } from './tape-open.js';
import { placeOf, shownPosition } from './tape-place.js';

/** Tells where a tape stands (GetTapePosition). */
export async function run({ io }: Session, options: CommonOptions, [text = '']: readonly string[]): Promise<ExitCode> {
  using drive = await openDrive(io, options, text, { mode: 'read' });
  const place = placeOf(drive);
  const rows = Object.entries({ absolute: place.absolute, logical: place.logical, 'pseudo-logical': place.pseudoLogical }).flatMap(
    ([name, position]) => (position ? [[`  ${name}`, shownPosition(position)]] : []),
  );
  if (rows.length === 0) throw tapeError(TapeStatus.ERROR_NOT_SUPPORTED, driveName(drive), 'asking for the position');
  return answer(io, options, { drive: driveName(drive), ...place }, `${shownDrive(drive)}\n${table(rows)}`);
}
