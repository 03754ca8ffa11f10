import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { nodeErrno } from '../errors/index.js';
import { tryLock } from '../ffi/flock.js';

/** Keeps other processes from using a file. */
export interface FileLock extends Disposable {
  /** How it is held: by the kernel, or by a file beside the locked one. */
  readonly kind: 'kernel' | 'companion';
}

/**
 * Locks a file that is open as `fd` and stands at `path`; undefined when another process, or another handle of this one, holds it.
 *
 * Where flock(2) exists the kernel holds the lock and drops it when `fd` is closed or the process dies. Elsewhere (Windows, and
 * file systems without locks) the file `path.lock` is made beside it and names its process: it keeps every Winback out, but no other
 * program, and one left by a process that is gone is taken over only on the same machine.
 */
export function lockFile(fd: number, path: string): FileLock | undefined {
  const locked = tryLock(fd);
  if (locked === false) return undefined;
  if (locked === true) return { kind: 'kernel', [Symbol.dispose]: () => undefined };
  return lockByCompanion(`${path}.lock`);
}

/** The lock for systems without flock(2). */
export function lockByCompanion(path: string): FileLock | undefined {
  const own = `${String(process.pid)} ${hostname()}\n`;
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(path, own, { flag: 'wx' });
      let held = true;
      const release = (): void => {
        if (held) unlinkSync(path);
        held = false;
      };
      return { kind: 'companion', [Symbol.dispose]: release };
    } catch (error) {
      if (nodeErrno(error) !== 'EEXIST') throw error;
    }
    if (!takeAway(path)) return undefined;
  }
  return undefined;
}

/** Removes a lock whose process is gone; says whether it is worth trying again. */
function takeAway(path: string): boolean {
  let seen: string;
  try {
    seen = readFileSync(path, 'utf8');
  } catch (error) {
    if (nodeErrno(error) === 'ENOENT') return true; // just released
    throw error;
  }
  const [, pid, host] = /^(\d+) (.*)\n$/.exec(seen) ?? [];
  if (pid === undefined || host !== hostname() || isAlive(Number(pid))) return false;
  // Moved away first, so that of two processes that see the same dead lock only one removes it.
  const aside = `${path}.${String(process.pid)}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (nodeErrno(error) === 'ENOENT') return true;
    throw error;
  }
  const same = readFileSync(aside, 'utf8') === seen;
  if (!same) putBack(aside, path);
  unlinkSync(aside);
  return same;
}

/** It was somebody's new lock after all. */
function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch (error) {
    if (nodeErrno(error) !== 'EEXIST') throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return nodeErrno(error) !== 'ESRCH';
  }
}
