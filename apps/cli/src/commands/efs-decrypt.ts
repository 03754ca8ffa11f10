import { UsageError } from '@winback/core/errors';
import { Exit, type ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { CommonOptions, Session } from '../session.js';
import { formatCount } from '../terminal/format.js';
import { keysOf, type PasswordOptions } from './efs-keys.js';
import { EfsReport } from './efs-report.js';
import { openSource } from './efs-source.js';
import { untilInterrupted } from './volume-bytes.js';

interface Options extends CommonOptions, PasswordOptions {
  readonly key: readonly string[];
  readonly output: string;
  readonly stream?: string;
}

const MAIN = '::$DATA';
const streamOf = (name: string | undefined): string =>
  name === undefined || name === '' || name === MAIN ? MAIN : `:${name.replace(/^:|:\$DATA$/g, '')}:$DATA`;

/** Decrypts a file that was exported, or is encrypted on its volume. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  const { decryptToFile } = await import('@winback/efs-raw');
  const path = absolutePath(text, io.cwd, 'FILE');
  const output = absolutePath(options.output, io.cwd, '--output');
  if (path === output) throw new UsageError('a file is not decrypted over itself', { path }, { hint: 'name another file with --output' });
  const keys = await keysOf(io, options.key, options);
  const { source: opened, now } = await openSource(io, options, path);
  using source = opened;
  const stream = streamOf(options.stream);
  const done = await untilInterrupted(io, (signal) => {
    const check = async (): Promise<void> => {
      await new Promise(setImmediate);
      signal.throwIfAborted();
    };
    return decryptToFile(source, keys, output, { stream, now, check });
  });
  const report = new EfsReport(io, options);
  for (const warning of done.unlocked.warnings) report.warn(warning);
  for (const { begin, end, reason } of done.missing)
    report.warn(
      `${end > begin ? `bytes ${begin} to ${end - 1} are missing, and zeros in the result` : `what follows byte ${begin} may not be whole`}: ${reason}`,
    );
  const { bytes, missing, otherStreams, unlocked } = done;
  const lines = [
    `Decrypted ${formatCount(bytes)} bytes of ${path} to ${output}, as ${unlocked.as} ${unlocked.entry.displayName ?? ''}`.trimEnd(),
    ...(otherStreams.length > 0 ? [`It has other streams: ${otherStreams.join(', ')} (--stream NAME decrypts one)`] : []),
  ];
  const document = {
    path,
    output,
    stream,
    bytes,
    openedAs: { role: unlocked.as, thumbprint: unlocked.entry.thumbprint },
    missing,
    otherStreams,
  };
  return report.finish(lines, document, missing.length > 0 ? Exit.DAMAGED : Exit.DONE);
}
