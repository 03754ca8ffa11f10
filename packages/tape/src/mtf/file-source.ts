import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { describeNodeError, isWinbackError, nodeErrno, TargetError } from '@winback/core';
import type { ByteSource } from './byte-source.js';

/** Windows has no such flag. */
const nonBlocking = (constants as Partial<typeof constants>).O_NONBLOCK ?? 0;

/** The bytes of a file that is open. */
export class FileSource implements ByteSource {
  constructor(
    readonly fd: number,
    readonly name: string,
    readonly size: number,
  ) {}

  static open(path: string): FileSource {
    try {
      // Without O_NONBLOCK, opening a FIFO waits for somebody to write to it.
      const fd = openSync(path, constants.O_RDONLY | nonBlocking);
      try {
        const facts = fstatSync(fd);
        if (!facts.isFile()) throw new TargetError('TARGET_FOREIGN', `${path} is no ordinary file`, { path }, { hint: 'name a .bkf file' });
        return new FileSource(fd, path, facts.size);
      } catch (error) {
        closeSync(fd);
        throw error;
      }
    } catch (error) {
      throw isWinbackError(error) ? error : readFailed(path, 0, error);
    }
  }

  readAt(into: Uint8Array, offset: number, length: number, at: number): number {
    try {
      return readSync(this.fd, into, offset, length, at);
    } catch (error) {
      throw readFailed(this.name, at, error);
    }
  }

  close(): void {
    closeSync(this.fd);
  }
}

export function readFailed(path: string, at: number, error: unknown): TargetError {
  const errno = nodeErrno(error);
  if (errno === 'ENOENT') return new TargetError('TARGET_NOT_FOUND', `there is no file ${path}`, { path, errno }, { cause: error });
  return new TargetError(
    'TARGET_IO',
    `reading ${path} at byte ${at} failed: ${describeNodeError(error)}`,
    { path, offset: at, errno },
    { cause: error },
  );
}
