import { systemClock } from '@winback/core';
import { openEncrypted, openRawFile, type EncryptedSource } from '@winback/efs-raw';
import type { Io } from '../io.js';
import { absolutePath } from '../paths.js';
import { refuseBackupOptions, withStoredSource, type BackupOptions } from './efs-backup.js';
import { efsWorld } from './efs-world.js';
import { untilInterrupted } from './volume-bytes.js';

/** An encrypted file, for as long as a command uses it. */
export interface FoundSource {
  readonly source: EncryptedSource;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Where it is in a backup. */
  readonly backup?: { readonly target: string; readonly version: string };
  /** Asked now and then; throws once the user has pressed Ctrl-C. */
  readonly check: () => Promise<void>;
}

/**
 * Opens an encrypted file: a raw one, one on a volume, or, with a backup target, one in a backup. Plugins are loaded for the last two
 * alone: a raw file needs none.
 */
export function withSource<T>(io: Io, options: BackupOptions, text: string, use: (found: FoundSource) => Promise<T>): Promise<T> {
  return untilInterrupted(io, async (signal) => {
    const check = async (): Promise<void> => {
      await new Promise(setImmediate);
      signal.throwIfAborted();
    };
    if (options.backupTarget !== undefined)
      return withStoredSource(io, { ...options, backupTarget: options.backupTarget }, text, signal, (found) => use({ ...found, check }));
    refuseBackupOptions(options);
    const path = absolutePath(text, io.cwd, 'FILE');
    using source = await openHere(io, options, path);
    return await use({ source, now: Number(systemClock.now() / 1_000_000n), check });
  });
}

async function openHere(io: Io, options: BackupOptions, path: string): Promise<EncryptedSource> {
  return openRawFile(path) ?? openEncrypted(path, (await efsWorld(io, options)).drivers);
}
