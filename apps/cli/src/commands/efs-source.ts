import { systemClock } from '@winback/core';
import { openEncrypted, openRawFile, type EncryptedSource } from '@winback/efs-raw';
import type { Io } from '../io.js';
import type { CommonOptions } from '../session.js';
import { efsWorld } from './efs-world.js';

/** An encrypted file. Plugins are loaded for one on a volume alone: a raw file needs none. `now` in milliseconds since 1970. */
export async function openSource(
  io: Io,
  options: CommonOptions,
  path: string,
): Promise<{ readonly source: EncryptedSource; readonly now: number }> {
  const raw = openRawFile(path);
  if (raw) return { source: raw, now: Number(systemClock.now() / 1_000_000n) };
  const { drivers, now } = await efsWorld(io, options);
  return { source: openEncrypted(path, drivers), now };
}
