import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RegistryError } from '../../errors/families.js';
import { systemPlatform } from '../../ports/platform.js';
import { keepFacts } from './keep-facts.js';
import { nativePath } from './native-path.js';
import { ioError } from './problems.js';

const PRIVATE = 0o600;

/** Always the same name for a file, so that what a killed process left is taken away by the next one. */
const temporaryName = (path: string): string => {
  const mark = createHash('sha256').update(basename(path)).digest('hex').slice(0, 16);
  return join(dirname(path), `.winback-${mark}.tmp`);
};

/**
 * Puts a new file in the place of `path`, or makes it: at any instant there is the old one or the new one, whole. Owner, mode and other facts stay.
 * @throws REGISTRY_IO
 */
export function replaceFile(path: string, content: Uint8Array | Iterable<Uint8Array>): void {
  const temporary = temporaryName(path);
  try {
    writeWhole(temporary, content instanceof Uint8Array ? [content] : content);
    keepFacts(path, temporary);
    renameSync(nativePath(temporary), nativePath(path));
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(nativePath(temporary), { force: true });
    if (error instanceof RegistryError) throw error;
    throw ioError(path, 'written', error);
  }
}

function writeWhole(path: string, content: Iterable<Uint8Array>): void {
  rmSync(nativePath(path), { force: true });
  const fd = openSync(nativePath(path), 'wx', PRIVATE);
  try {
    for (const piece of content) {
      for (let done = 0; done < piece.length;) done += writeSync(fd, piece, done, piece.length - done);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** A rename is durable when its folder is. Windows has no such call, and needs none. */
function syncFolder(folder: string): void {
  if (systemPlatform().os === 'win32') return;
  const fd = openSync(nativePath(folder), 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
