import type { Decrypted } from '@winback/efs-raw';
import { UsageError } from '@winback/core/errors';
import { Exit, type ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { Session } from '../session.js';
import { formatCount } from '../terminal/format.js';
import type { BackupOptions } from './efs-backup.js';
import { keysOf, type PasswordOptions } from './efs-keys.js';
import { EfsReport } from './efs-report.js';
import { withSource } from './efs-source.js';

interface Options extends BackupOptions, PasswordOptions {
  readonly key: readonly string[];
  readonly output: string;
  readonly stream?: string;
}

const MAIN = '::$DATA';
const streamOf = (name: string | undefined): string =>
  name === undefined || name === '' || name === MAIN ? MAIN : `:${name.replace(/^:|:\$DATA$/g, '')}:$DATA`;

/** Decrypts a file that was exported, is encrypted on its volume, or is in a backup. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  const { decryptToFile } = await import('@winback/efs-raw');
  const output = absolutePath(options.output, io.cwd, '--output');
  if (options.backupTarget === undefined && output === absolutePath(text, io.cwd, 'FILE'))
    throw new UsageError('a file is not decrypted over itself', { path: output }, { hint: 'name another file with --output' });
  const keys = await keysOf(io, options.key, options);
  const stream = streamOf(options.stream);
  const { done, path, backup } = await withSource(io, options, text, async ({ source, now, backup, check }) => ({
    done: await decryptToFile(source, keys, output, { stream, now, check }),
    path: source.path,
    backup,
  }));
  const report = new EfsReport(io, options);
  for (const warning of done.unlocked.warnings) report.warn(warning);
  for (const one of done.missing) report.warn(missingText(one));
  const { bytes, missing, otherStreams, unlocked } = done;
  const lines = [
    `Decrypted ${formatCount(bytes)} bytes of ${path} to ${output}, as ${unlocked.as} ${unlocked.entry.displayName ?? ''}`.trimEnd(),
    ...(otherStreams.length > 0 ? [`It has other streams: ${otherStreams.join(', ')} (--stream NAME decrypts one)`] : []),
  ];
  const document = {
    path,
    backup,
    output,
    stream,
    bytes,
    openedAs: { role: unlocked.as, thumbprint: unlocked.entry.thumbprint },
    missing,
    otherStreams,
  };
  return report.finish(lines, document, missing.length > 0 ? Exit.DAMAGED : Exit.DONE);
}

/** What a backup noted says itself where it was; it has no place here. */
function missingText({ begin, end, reason }: Decrypted['missing'][number]): string {
  if (end > begin) return `bytes ${begin} to ${end - 1} are missing, and zeros in the result: ${reason}`;
  return begin === 0 ? `it may not be whole: ${reason}` : `what follows byte ${begin} may not be whole: ${reason}`;
}
