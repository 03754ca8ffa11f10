import { constants } from 'node:os';
import { bind, lastErrno } from './load.js';

const LOCK_EX = 2;
const LOCK_NB = 4;

interface Flock {
  flock(fd: number, operation: number): number;
}

let libc: Flock | undefined;

/**
 * Takes an exclusive flock(2) on an open file, without waiting. The lock lasts until the file is closed, however the process ends.
 * Undefined: this system or file system has no such locks.
 */
export function tryLock(fd: number): boolean | undefined {
  try {
    libc ??= bind<Flock>({ flock: 'int flock(int, int)' });
  } catch (error) {
    if (error instanceof Error) return undefined; // no binary of koffi for this system, or no such function
    throw error;
  }
  for (;;) {
    if (libc.flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
    const errno = lastErrno();
    if (errno === constants.errno.EWOULDBLOCK) return false;
    if (errno !== constants.errno.EINTR) return undefined;
  }
}
