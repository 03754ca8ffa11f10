import { resolve } from 'node:path';
import type { JobEvent, JobKind, JobOf, JobResults, ListedItem } from '@winback/wsb';
import type { Io } from './io.js';
import { Exit, exitCodeOfOutcome, type ExitCode } from './exit-codes.js';
import { JobOutput } from './job-output.js';
import { printError, shownError } from './print-error.js';
import type { JobOptions, Session } from './session.js';

/** See docs/tape.md. */
const PASSWORD_FILE = 'WINBACK_PASSWORD_FILE';
const IGNORE_PASSWORD = 'WINBACK_IGNORE_PASSWORD';

export interface JobCommand<K extends JobKind> {
  readonly job: JobOf<K>;
  /** The result for people; the elapsed time is in seconds. */
  readonly describe: (result: JobResults[K], seconds: number) => string;
  /** The result for programs, where it is not the result itself. */
  readonly document?: (result: JobResults[K]) => object;
  /** One listed item for people; present for jobs that list. */
  readonly describeItem?: ((item: ListedItem) => string) | undefined;
}

/** Runs a job with everything around it: plugins, progress, problems, Ctrl-C, the result and the exit code. */
export async function runJobCommand<K extends JobKind>(session: Session, options: JobOptions, command: JobCommand<K>): Promise<ExitCode> {
  const { io } = session;
  const { runJob } = await import('@winback/wsb/run-job');
  const output = new JobOutput(io, options, command.describeItem);
  const stopping = new AbortController();
  const stopListening = stopOnInterrupt(session, output, stopping);
  // A listing without a reader has no purpose; a backup has.
  const listing = command.describeItem !== undefined;
  if (listing) {
    io.stdout.onClose(() => {
      stopping.abort();
    });
  }
  const started = performance.now();
  const forget = tellPasswords(io, options);
  if (options.ignorePassword === true)
    output.say('warning: passwords that backups ask for are ignored; they never protected what is in them');
  try {
    const result = await runJob(command.job, {
      plugins: async () => (await import('./builtin-plugins.js')).pluginsFor(io, options),
      signal: stopping.signal,
      estimate: !options.quiet && options.progress !== 'none',
      onEvent: (event: JobEvent) => {
        output.onEvent(event);
      },
    });
    const seconds = (performance.now() - started) / 1000;
    output.finish(command.document?.(result) ?? result, command.describe(result, seconds));
    return exitCodeOfOutcome(result.outcome);
  } catch (error) {
    output.hide();
    if (listing && io.stdout.closed) return Exit.DONE;
    const shown = shownError(error);
    output.fail(shown);
    return printError(io, shown);
  } finally {
    stopListening();
    forget();
  }
}

/** Drivers ask the environment for passwords; a job's thread has a copy of it. */
export function tellPasswords(io: Io, { passwordFile, ignorePassword }: Pick<JobOptions, 'passwordFile' | 'ignorePassword'>): () => void {
  const before = { ...process.env };
  if (passwordFile !== undefined) process.env[PASSWORD_FILE] = resolve(io.cwd, passwordFile);
  if (ignorePassword === true) process.env[IGNORE_PASSWORD] = '1';
  return () => {
    for (const name of [PASSWORD_FILE, IGNORE_PASSWORD]) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[name];
    }
  };
}

/** The first Ctrl-C stops the job in good order, the second ends the process at once. */
function stopOnInterrupt({ io }: Session, output: JobOutput, stopping: AbortController): () => void {
  return io.onInterrupt(() => {
    if (stopping.signal.aborted) {
      output.hide();
      io.exit(Exit.INTERRUPTED);
      return;
    }
    stopping.abort();
    output.say('stopping; what is unfinished is taken back (Ctrl-C again: stop at once)');
  });
}
