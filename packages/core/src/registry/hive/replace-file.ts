import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, lstatSync, openSync, readdirSync, realpathSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nodeErrno } from '../../errors/errno.js';
import { RegistryError } from '../../errors/families.js';
import { systemPlatform } from '../../ports/platform.js';
import { bytesToText } from '../../text/file-name.js';
import { keepFacts } from './keep-facts.js';
import { nativePath } from './native-path.js';
import { ioError } from './problems.js';

const PRIVATE = 0o600;

/** How the names begin of what processes write a file to. Each has its own, or one could put another's, half written, in the place of the file. */
const temporaryStart = (path: string): string => `.winback-${createHash('sha256').update(basename(path)).digest('hex').slice(0, 16)}-`;

/**
 * Puts a new file in the place of `path`, or makes it: at any instant there is the old one or the new one, whole. Owner, mode and other
 * facts stay, and a link stays one.
 * @param check throws when the file is not to be replaced after all; asked last of all
 * @throws REGISTRY_IO
 */
export function replaceFile(link: string, content: Uint8Array | Iterable<Uint8Array>, check?: () => void): void {
  let temporary: string | undefined;
  try {
    const path = behindLink(link);
    const start = temporaryStart(path);
    removeLeftOver(dirname(path), start);
    temporary = join(dirname(path), `${start}${String(process.pid)}.tmp`);
    writeWhole(temporary, content instanceof Uint8Array ? [content] : content);
    keepFacts(path, temporary);
    check?.();
    renameSync(nativePath(temporary), nativePath(path));
    syncFolder(dirname(path));
  } catch (error) {
    if (temporary !== undefined) rmSync(nativePath(temporary), { force: true });
    if (error instanceof RegistryError) throw error;
    throw ioError(link, 'written', error);
  }
}

const behindLink = (path: string): string =>
  lstatSync(nativePath(path), { throwIfNoEntry: false })?.isSymbolicLink()
    ? bytesToText(realpathSync.native(nativePath(path), 'buffer'))
    : path;

/** Takes away what killed processes left. */
function removeLeftOver(folder: string, start: string): void {
  for (const name of readdirSync(nativePath(folder))) {
    const pid = name.startsWith(start) ? /^([1-9]\d*)\.tmp$/.exec(name.slice(start.length))?.[1] : undefined;
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(nativePath(join(folder, name)), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (nodeErrno(error) === undefined) throw error;
    return nodeErrno(error) !== 'ESRCH';
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
