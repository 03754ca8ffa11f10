import { BackupRead, SourceError, UsageError, type FileProblem } from '@winback/core';
import { Exit, type ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { CommonOptions, Session } from '../session.js';
import { formatCount } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import { newFile, PIECE_SIZE, refuseTerminal, standardOutput, untilInterrupted, type ByteSink } from './volume-bytes.js';
import { openVolumeFile, type VolumeFile } from './volume-file.js';
import { FileReport, problemsOfReading } from './volume-report.js';
import { listStreams } from './volume-stream-list.js';

interface Options extends CommonOptions {
  readonly output?: string;
  readonly list?: boolean;
  readonly security: boolean;
}

/** Writes the streams of a file as BackupRead gives them, or lists them. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  if (options.json && !options.list && options.output === undefined) {
    throw new UsageError('stdout cannot hold the streams and a document', {}, { hint: 'name a file with --output, or ask for --list' });
  }
  using file = await openVolumeFile(io, options, text);
  if (options.list) return await untilInterrupted(io, (signal) => listStreams(io, options, file, signal));

  const output = options.output === undefined ? undefined : absolutePath(options.output, io.cwd, '--output');
  if (output === undefined) refuseTerminal(io.stdout, 'stdout', 'name a file with --output, or see what there is with --list');
  const sink = output === undefined ? standardOutput(io) : newFile(output);
  const report = new FileReport(io, options, file.path);
  let copied: Copied;
  try {
    copied = await untilInterrupted(io, (signal) => copyStreams(file, options, sink, signal));
    sink.finish();
  } catch (error) {
    sink.abort();
    throw error;
  }
  if (sink.closed) return Exit.DONE;
  for (const problem of copied.problems) report.add(problem);
  const { bytes } = copied;
  if (output === undefined) return report.exitCode;
  report.say(`Wrote ${formatCount(bytes)} bytes of streams of ${printable(file.path)} to ${printable(output)}\n`);
  return report.finish({ path: file.path, output, bytes });
}

interface Copied {
  readonly bytes: number;
  readonly problems: readonly FileProblem[];
}

async function copyStreams(file: VolumeFile, options: Options, sink: ByteSink, signal: AbortSignal): Promise<Copied> {
  // Closed with the file, which is asked whether it changed before.
  const context = new BackupRead(file.opened.streams, { processSecurity: options.security });
  const buffer = new Uint8Array(PIECE_SIZE);
  for (let n = context.read(buffer); n > 0 && !sink.closed; n = context.read(buffer)) {
    await sink.write(buffer.subarray(0, n));
    await new Promise(setImmediate); // lets Ctrl-C be noticed
    signal.throwIfAborted();
  }
  const { path } = file;
  const leftOut = context.leftOut.map(({ foreign, length }): FileProblem => {
    const what = `the ${foreign?.format ?? ''} stream ${foreign?.id ?? ''} of ${length} bytes`;
    const error = new SourceError('SOURCE_UNSUPPORTED', `${path}: ${what} has no place in Windows' sequence`, { path });
    return { path, error, effect: 'incomplete' };
  });
  return { bytes: context.position, problems: [...leftOut, ...problemsOfReading(file)] };
}
