import type { ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { CommonOptions, Session } from '../session.js';
import { EfsReport } from './efs-report.js';
import { efsWorld } from './efs-world.js';
import { fileBytes, untilInterrupted } from './volume-bytes.js';

interface Options extends CommonOptions {
  readonly directory?: boolean;
  readonly overwriteHidden?: boolean;
}

/** Makes an encrypted file of its raw form, on a volume that takes it. */
export async function run({ io }: Session, options: Options, [text = '', target = '']: readonly string[]): Promise<ExitCode> {
  const { closeEncryptedFileRaw, openEncryptedFileRaw, RawFlag, writeEncryptedFileRawStream } = await import('@winback/efs-raw');
  const [path, output] = [absolutePath(text, io.cwd, 'FILE'), absolutePath(target, io.cwd, 'TARGET')];
  const { backend } = await efsWorld(io, options);
  const flags =
    RawFlag.CREATE_FOR_IMPORT | (options.directory ? RawFlag.CREATE_FOR_DIR : 0) | (options.overwriteHidden ? RawFlag.OVERWRITE_HIDDEN : 0);
  const file = await openEncryptedFileRaw(output, flags, backend);
  try {
    await untilInterrupted(io, (signal) => writeEncryptedFileRawStream(fileBytes(path, signal), file));
  } finally {
    closeEncryptedFileRaw(file);
  }
  return new EfsReport(io, options).finish([`Imported ${path} as ${output}`], { path, output });
}
