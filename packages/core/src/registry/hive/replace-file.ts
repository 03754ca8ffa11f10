import { createHash } from 'node:crypto';
import { chmodSync, chownSync, closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nodeErrno } from '../../errors/errno.js';
import { systemPlatform } from '../../ports/platform.js';
import { ioError } from './problems.js';

const PRIVATE = 0o600;
const OTHERS_BITS = 0o7777;

/** Always the same name for a file, so that what a killed process left is taken away by the next one. */
const temporaryName = (path: string): string => {
  const mark = createHash('sha256').update(basename(path)).digest('hex').slice(0, 16);
  return join(dirname(path), `.winback-${mark}.tmp`);
};

/**
 * Puts a new file in the place of `path`, or makes it: at any instant there is the old one or the new one, whole. Owner and mode stay.
 * @throws REGISTRY_IO
 */
export function replaceFile(path: string, content: Uint8Array | Iterable<Uint8Array>): void {
  const temporary = temporaryName(path);
  try {
    writeWhole(temporary, content instanceof Uint8Array ? [content] : content);
    keepOwner(path, temporary);
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw ioError(path, 'written', error);
  }
}

function writeWhole(path: string, content: Iterable<Uint8Array>): void {
  rmSync(path, { force: true });
  const fd = openSync(path, 'wx', PRIVATE);
  try {
    for (const piece of content) {
      for (let done = 0; done < piece.length;) done += writeSync(fd, piece, done, piece.length - done);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function keepOwner(path: string, temporary: string): void {
  const old = statSync(path, { throwIfNoEntry: false });
  if (!old || systemPlatform().os === 'win32') return;
  try {
    chownSync(temporary, old.uid, old.gid);
  } catch (error) {
    // Only root can give files away. A file of mine with another's mode could let others in, so its mode stays private.
    if (nodeErrno(error) === 'EPERM') return;
    throw error;
  }
  chmodSync(temporary, old.mode & OTHERS_BITS);
}

/** A rename is durable when its folder is. Windows has no such call, and needs none. */
function syncFolder(folder: string): void {
  if (systemPlatform().os === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
