import { CancellationSwitch, createContainer, isWinbackError, loadPlugins, systemClock, TargetError, UsageError } from '@winback/core';
import { openStored } from '@winback/efs-raw';
import { withOneFile } from '@winback/wsb';
import { pluginsFor } from '../builtin-plugins.js';
import type { Io } from '../io.js';
import { nextMediaOf } from '../next-media.js';
import { targetUri } from '../paths.js';
import { tellPasswords } from '../run-job.js';
import type { CommonOptions } from '../session.js';
import type { FoundSource } from './efs-source.js';

/** Options of commands on encrypted files that may be in a backup. */
export interface BackupOptions extends CommonOptions {
  readonly backupTarget?: string;
  readonly version?: string;
  readonly ignorePassword?: boolean;
  readonly nextMediaCommand?: string;
  readonly changer?: string;
}

/** Options that say nothing without a backup. @throws USAGE */
export function refuseBackupOptions({ version, ignorePassword, nextMediaCommand, changer }: BackupOptions): void {
  const given = {
    '--version': version,
    '--ignore-password': ignorePassword,
    '--next-media-command': nextMediaCommand,
    '--changer': changer,
  };
  const [name] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined)
    throw new UsageError(`${name} is about a backup, and none is named`, {}, { hint: 'name it with --backup-target' });
}

/** Opens an encrypted file of a backup, for as long as it is used. */
export async function withStoredSource<T>(
  io: Io,
  options: BackupOptions & { readonly backupTarget: string },
  item: string,
  signal: AbortSignal,
  use: (found: Omit<FoundSource, 'check'>) => Promise<T>,
): Promise<T> {
  if (item === '') throw new UsageError('FILE is empty', {}, { hint: 'name a file of the backup; winback get items lists them' });
  const target = targetUri(options.backupTarget, io.cwd);
  const cancellation = new CancellationSwitch();
  const cancel = (): void => {
    cancellation.cancel();
  };
  signal.addEventListener('abort', cancel);
  const { ignorePassword } = options;
  // The password file of these commands is that of a key; a backup's, which protects nothing, the environment names.
  const forget = tellPasswords(io, ignorePassword === undefined ? {} : { ignorePassword });
  try {
    const container = createContainer(await loadPlugins(pluginsFor(io, options)));
    const now = Number(systemClock.now() / 1_000_000n);
    const spec = { target, version: options.version ?? 'latest', item, nextMedia: nextMediaOf(io, options) };
    return await withOneFile({ container, cancellation }, spec, async ({ file, version, path }) => {
      using source = await openStored(path, file);
      return await use({ source, now, backup: { target, version: version.id } });
    });
  } catch (error) {
    if (!isWinbackError(error, 'TARGET_PASSWORD')) throw error;
    const hint = 'WINBACK_PASSWORD_FILE names a file with it; --ignore-password reads it without: nothing in it is encrypted by it';
    throw new TargetError('TARGET_PASSWORD', error.message, error.details, { hint, cause: error });
  } finally {
    forget();
    signal.removeEventListener('abort', cancel);
  }
}
