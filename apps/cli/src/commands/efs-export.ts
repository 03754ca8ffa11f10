import { UsageError } from '@winback/core/errors';
import type { ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { CommonOptions, Session } from '../session.js';
import { formatCount } from '../terminal/format.js';
import { EfsReport } from './efs-report.js';
import { efsWorld } from './efs-world.js';
import { standardOutput, untilInterrupted, refuseTerminal } from './volume-bytes.js';

interface Options extends CommonOptions {
  readonly output?: string;
  readonly dropAlternateStreams?: boolean;
}

const PATIENCE = 64;

/** Writes the raw form of an encrypted file. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  const { closeEncryptedFileRaw, openEncryptedFileRaw, OutputFile, RawFlag, readEncryptedFileRawStream } = await import('@winback/efs-raw');
  const path = absolutePath(text, io.cwd, 'FILE');
  const output = options.output === undefined ? undefined : absolutePath(options.output, io.cwd, '--output');
  if (output === undefined) refuseTerminal(io.stdout, 'stdout', 'name a file with --output');
  if (output === undefined && options.json)
    throw new UsageError('stdout cannot hold the raw form and a document', {}, { hint: 'name a file with --output' });
  const { backend } = await efsWorld(io, options);
  const flags = options.dropAlternateStreams ? RawFlag.EFS_DROP_ALTERNATE_STREAMS : 0;
  const file = await openEncryptedFileRaw(path, flags, backend);
  let [bytes, count] = [0, 0];
  try {
    const target = output === undefined ? undefined : new OutputFile(output);
    try {
      await untilInterrupted(io, async (signal) => {
        const out = standardOutput(io);
        for await (const data of readEncryptedFileRawStream(file)) {
          signal.throwIfAborted();
          if (target) target.write(data, bytes);
          else await out.write(data);
          bytes += data.length;
          if (++count % PATIENCE === 0) await new Promise(setImmediate); // lets Ctrl-C be noticed
        }
      });
      target?.finish(bytes);
    } catch (error) {
      target?.abort();
      throw error;
    }
  } finally {
    closeEncryptedFileRaw(file);
  }
  if (output === undefined) return 0;
  return new EfsReport(io, options).finish([`Wrote ${formatCount(bytes)} bytes of the raw form of ${path} to ${output}`], {
    path,
    output,
    bytes,
  });
}
