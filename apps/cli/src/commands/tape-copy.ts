import { InterruptedError, isWinbackError, UsageError } from '@winback/core/errors';
import type { TapeDrive } from '@winback/tape';
import type { ExitCode } from '../exit-codes.js';
import { tapeAddress } from '../paths.js';
import type { JobOptions, Session } from '../session.js';
import { formatBytes, formatRate, formatSeconds, plural } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import { answer } from './tape-answer.js';
import { keepingSettings, type Contents } from './tape-contents.js';
import { TapeCopier, type CopyState } from './tape-copier.js';
import { CopyProgress } from './tape-copy-progress.js';
import { driveName, openDrive, shownDrive } from './tape-open.js';
import type { RecordCounts } from './tape-records.js';

interface Options extends JobOptions {
  readonly overwrite?: boolean;
  readonly verify?: boolean;
}

/** Time between two looks at whether the user wants to stop. */
const LOOK_MS = 50;

/** Copies a cartridge to another one, block for block. */
export async function run(session: Session, options: Options, [fromText = '', toText = '']: readonly string[]): Promise<ExitCode> {
  const { io } = session;
  if (tapeAddress(fromText, io.cwd, 'FROM') === tapeAddress(toText, io.cwd, 'TO')) {
    throw new UsageError('FROM and TO are the same drive', {}, { hint: 'name two drives, or copy to an image first' });
  }
  using from = await openDrive(io, options, fromText, { mode: 'read' });
  using to = await openDrive(io, options, toText, { mode: 'write', create: true });
  return await keepingSettings(from, () => keepingSettings(to, () => copyBetween(session, options, from, to)));
}

async function copyBetween({ io }: Session, options: Options, from: TapeDrive, to: TapeDrive): Promise<ExitCode> {
  const copier = new TapeCopier(from, to, options.verify);
  mustBeBlank(to, copier.contents(), options.overwrite);
  const progress = new CopyProgress(io, options);
  const started = performance.now();
  const stopping = new AbortController();
  const stopListening = io.onInterrupt(() => {
    stopping.abort();
  });
  try {
    await follow(copier.copy(), progress, stopping.signal);
    if (options.verify) await follow(copier.verify(), progress, stopping.signal);
  } catch (error) {
    progress.hide();
    if (isWinbackError(error)) io.stderr.write(`${shownDrive(to)} holds the first ${inWords(copier.counts)} of ${shownDrive(from)}.\n`);
    throw error;
  } finally {
    stopListening();
    progress.hide();
  }
  const { counts } = copier;
  const seconds = (performance.now() - started) / 1000;
  const verified = options.verify ? ', and read again' : '';
  return answer(
    io,
    options,
    { from: driveName(from), to: driveName(to), ...counts, seconds, verified: options.verify ?? false },
    `${shownDrive(from)} is copied to ${shownDrive(to)}: ${inWords(counts)}${verified}, ` +
      `in ${formatSeconds(seconds)} (${formatRate(counts.bytes, seconds)}).\n`,
  );
}

/** @throws USAGE */
function mustBeBlank(to: TapeDrive, { kind, sets, problem }: Contents, overwrite: boolean | undefined): void {
  if (kind === 'blank' || overwrite) return;
  const holds = kind === 'sets' ? `holds ${plural(sets, 'set')}` : `is not blank (${problem ?? 'unknown'})`;
  throw new UsageError(
    `${driveName(to)} ${holds}`,
    { to: driveName(to), kind, sets },
    { hint: 'put in a blank cartridge; with --overwrite this one is written over' },
  );
}

/** Takes all steps, and lets Ctrl-C be noticed. @throws INTERRUPTED */
async function follow(steps: Iterable<CopyState>, progress: CopyProgress, signal: AbortSignal): Promise<void> {
  let next = performance.now() + LOOK_MS;
  for (const state of steps) {
    progress.report(state);
    if (performance.now() < next) continue;
    await new Promise(setImmediate);
    if (signal.aborted) throw new InterruptedError('the copy was stopped');
    next = performance.now() + LOOK_MS;
  }
}

const inWords = ({ blocks, bytes, filemarks, setmarks }: RecordCounts): string =>
  printable(
    `${plural(blocks, 'block')} (${formatBytes(bytes)}), ${plural(filemarks, 'filemark')}${setmarks === 0 ? '' : `, ${plural(setmarks, 'setmark')}`}`,
  );
