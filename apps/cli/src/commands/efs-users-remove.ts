import { EfsError } from '@winback/core/errors';
import type { ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { CommonOptions, Session } from '../session.js';
import { EfsReport } from './efs-report.js';
import { efsWorld } from './efs-world.js';

interface Options extends CommonOptions {
  readonly thumbprint: readonly string[];
}

/** Takes users or recovery agents off a file. Needs no key; whoever has a copy of the file's own key can use it still. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  const { changeMetadata, decodeEfsMetadata, withoutRecipient } = await import('@winback/efs-raw');
  const path = absolutePath(text, io.cwd, 'FILE');
  const { drivers } = await efsWorld(io, options);
  await changeMetadata(path, drivers, (bytes) =>
    options.thumbprint.reduce((metadata, thumbprint) => {
      const decoded = decodeEfsMetadata(metadata);
      if (decoded.kind === 'protected')
        throw new EfsError('EFS_UNSUPPORTED', `${path}: metadata of version ${decoded.version} is carried as it is, and cannot be changed`);
      return withoutRecipient(decoded, thumbprint);
    }, bytes),
  );
  return new EfsReport(io, options).finish([`Removed from ${path}: ${options.thumbprint.join(', ')}`], {
    path,
    removed: options.thumbprint,
  });
}
