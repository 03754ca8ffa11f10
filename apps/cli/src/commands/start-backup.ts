import type { BackupResult, BackupSpec, ListedItem } from '@winback/wsb';
import type { ExitCode } from '../exit-codes.js';
import { problemSummary } from '../job-output.js';
import { leftOutSummary } from '../left-out-summary.js';
import { runJobCommand } from '../run-job.js';
import type { NextMediaOptions, Session } from '../session.js';
import { nextMediaOf } from '../next-media.js';
import { absolutePath, targetUri } from '../paths.js';
import { withoutSecrets } from '../secrets.js';
import { formatBytes, formatRate, formatSeconds, plural } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';

interface Options extends NextMediaOptions {
  readonly include: readonly string[];
  readonly exclude?: readonly string[];
  readonly backupTarget: string;
  /** False for `--no-snapshot`. */
  readonly snapshot?: 'auto' | 'required' | boolean;
  readonly vssFull?: boolean;
  readonly compress?: boolean;
  readonly whatIf?: boolean;
  /** False for `--no-backup-keys`. */
  readonly backupKeys?: boolean;
}

export function run(session: Session, options: Options): Promise<ExitCode> {
  const { cwd } = session.io;
  const target = targetUri(options.backupTarget, cwd);
  const spec: BackupSpec = {
    include: options.include.map((path) => absolutePath(path, cwd, '--include')),
    exclude: options.exclude ?? [],
    target,
    snapshot: options.snapshot === false ? 'none' : options.snapshot === 'required' ? 'required' : 'auto',
    vss: options.vssFull ? 'full' : 'copy',
    compress: options.compress ?? false,
    nextMedia: nextMediaOf(session.io, options),
    whatIf: options.whatIf ?? false,
    backupKeys: options.backupKeys === false ? 'ignore' : 'follow',
  };
  return runJobCommand(session, options, {
    job: { kind: 'backup', spec },
    describeItem: options.whatIf ? describePlanned : undefined,
    describe: options.whatIf ? describePlan : (result, seconds) => describeBackup(result, seconds, target),
  });
}

const describePlanned = ({ path, kind }: ListedItem): string => `${printable(path)}${kind === 'directory' ? '/' : ''}`;

const leftOut = ({ excluded, leftOut: byRegistry }: BackupResult): string =>
  (excluded > 0 ? `Left out: ${plural(excluded, 'file or folder', 'files and folders')} by --exclude.\n` : '') + leftOutSummary(byRegistry);

const describePlan = (result: BackupResult): string =>
  `Would back up ${plural(result.files, 'file')} in ${plural(result.directories, 'folder')}, ${formatBytes(result.bytes)}. Nothing was written.\n` +
  leftOut(result) +
  problemSummary(result.problemCount);

const describeDevice = ({ blockSize, bufferSize }: NonNullable<BackupResult['device']>): string =>
  ` (blocks of ${String(blockSize / 1024)} KiB, through a buffer of ${String(bufferSize / 2 ** 20)} MiB)`;

function describeBackup(result: BackupResult, seconds: number, target: string): string {
  const { files, directories, bytes, bytesWritten, device } = result;
  return (
    `Version ${result.version ?? ''} is complete: ${plural(files, 'file')} in ${plural(directories, 'folder')}, ${formatBytes(bytes)}, ` +
    `in ${formatSeconds(seconds)} (${formatRate(bytes, seconds)}).\n` +
    `It takes ${formatBytes(bytesWritten)} in ${printable(withoutSecrets(target))}${device ? describeDevice(device) : ''}\n` +
    leftOut(result) +
    problemSummary(result.problemCount)
  );
}
