import { basename, dirname, join } from 'node:path';
import { BackupWrite, FileAttribute, systemClock, type FileEntry, type FileRecovery, type OverwriteMode } from '@winback/core';
import type { ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { CommonOptions, Session } from '../session.js';
import { formatCount } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import { fileBytes, refuseTerminal, untilInterrupted } from './volume-bytes.js';
import { locateVolume } from './volume-file.js';
import { FileReport } from './volume-report.js';

interface Options extends CommonOptions {
  readonly input?: string;
  readonly security: boolean;
  readonly overwrite: OverwriteMode;
  readonly directory?: boolean;
}

/** Makes a file from the bytes that BackupRead gave, or a folder. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  const path = absolutePath(text, io.cwd, 'PATH');
  const input = options.input === undefined ? undefined : absolutePath(options.input, io.cwd, '--input');
  if (input === undefined) refuseTerminal(io.stdin, 'stdin', 'name a file with --input, or let a program write them');
  const parent = dirname(path);
  const { driver } = await locateVolume(io, options, parent);
  using folder = driver.openRecovery(parent, { overwrite: options.overwrite, facts: 'report' });
  const report = new FileReport(io, options, path);
  const recovery = folder.create(entryOf(basename(path), options.directory === true));
  if (!recovery) {
    report.say(`${printable(path)} is there already, and was left alone.\n`);
    return report.finish({ path, written: false });
  }

  const { bytes, leftOut, done } = await untilInterrupted(io, (signal) => {
    return writeStreams(recovery, input === undefined ? io.stdin.bytes(signal) : fileBytes(input, signal), options);
  });
  for (const problem of [...done.problems, ...folder.finish()]) report.add(problem);
  const recoveredAs = join(parent, done.recoveredAs);
  const document = { path, written: true, recoveredAs, bytes, leftOut: leftOut.map(({ header, ...rest }) => ({ id: header.id, ...rest })) };
  report.say(`Made ${printable(recoveredAs)} from ${formatCount(bytes)} bytes of streams.\n`);
  return report.finish(document);
}

/** The streams say nothing of times and attributes, so the file is one that was made now. */
function entryOf(name: string, isFolder: boolean): FileEntry {
  return {
    path: name,
    kind: isFolder ? 'directory' : 'file',
    attributes: isFolder ? FileAttribute.DIRECTORY : FileAttribute.ARCHIVE,
    size: 0,
    times: { lastWrite: systemClock.now() },
    linkCount: 1,
  };
}

interface Written {
  readonly bytes: number;
  readonly leftOut: BackupWrite['leftOut'];
  readonly done: ReturnType<BackupWrite['finish']>;
}

/** @throws FORMAT_*, RECOVERY_*, SOURCE_*; then nothing of the file stays */
async function writeStreams(recovery: FileRecovery, input: AsyncIterable<Uint8Array>, options: Options): Promise<Written> {
  const context = new BackupWrite(recovery, { processSecurity: options.security });
  try {
    for await (const piece of input) {
      context.write(piece);
    }
    const done = context.finish();
    return { bytes: context.position, leftOut: context.leftOut, done };
  } catch (error) {
    context.abort();
    throw error;
  }
}
