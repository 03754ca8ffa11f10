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

/** Writes the raw form of an encrypted file. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  const { closeEncryptedFileRaw, openEncryptedFileRaw, OutputFile, RawFlag, readEncryptedFileRaw, VolumeBackend } =
    await import('@winback/efs-raw');
  const path = absolutePath(text, io.cwd, 'FILE');
  const output = options.output === undefined ? undefined : absolutePath(options.output, io.cwd, '--output');
  if (output === undefined) refuseTerminal(io.stdout, 'stdout', 'name a file with --output');
  if (output === undefined && options.json)
    throw new UsageError('stdout cannot hold the raw form and a document', {}, { hint: 'name a file with --output' });
  const { drivers, clock } = await efsWorld(io, options);
  const flags = options.dropAlternateStreams ? RawFlag.EFS_DROP_ALTERNATE_STREAMS : 0;
  const file = await openEncryptedFileRaw(path, flags, new VolumeBackend(drivers, clock));
  let bytes = 0;
  try {
    const target = output === undefined ? undefined : new OutputFile(output);
    try {
      await untilInterrupted(io, async (signal) => {
        const out = standardOutput(io);
        let count = 0;
        await readEncryptedFileRaw((data) => {
          signal.throwIfAborted();
          const at = bytes;
          bytes += data.length;
          if (!target) return out.write(data) ?? undefined;
          target.write(data, at);
          return ++count % 64 === 0 ? new Promise((resolve) => setImmediate(resolve)) : undefined;
        }, file);
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
