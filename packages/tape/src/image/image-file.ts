import { describeNodeError, lockFile, nodeErrno, type FileLock, type TapeError } from '@winback/core/base';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { tapeError, TapeStatus, type OpenTapeOptions } from '../api/index.js';

/** An image that is open, and kept from others. */
export interface ImageFile {
  readonly fd: number;
  readonly path: string;
  readonly writable: boolean;
  close(): void;
}

const NO_WRITING = new Set(['EACCES', 'EPERM', 'EROFS']);
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** An error of the file system as one of the drive. @param what for example `writing` */
export function imageError(path: string, what: string, error: unknown, details: Readonly<Record<string, unknown>> = {}): TapeError {
  const errno = nodeErrno(error);
  if (errno === undefined) throw error;
  const status =
    errno === 'ENOENT' || errno === 'ENOTDIR'
      ? TapeStatus.ERROR_FILE_NOT_FOUND
      : errno === 'EACCES' || errno === 'EPERM'
        ? TapeStatus.ERROR_ACCESS_DENIED
        : TapeStatus.ERROR_IO_DEVICE;
  const hint = FULL.has(errno)
    ? 'the disk that the cartridge is on has no room: make some, or write to a cartridge on another disk'
    : undefined;
  return tapeError(status, path, `${what} (${describeNodeError(error)})`, { errno, ...details }, { cause: error, hint });
}

function openAs(path: string, options: OpenTapeOptions): { fd: number; writable: boolean } {
  if (options.mode === 'read') return { fd: openSync(path, 'r'), writable: false };
  try {
    return { fd: openSync(path, 'r+'), writable: true };
  } catch (error) {
    const errno = nodeErrno(error) ?? '';
    // A file that may only be read is a cartridge with its tab set.
    if (NO_WRITING.has(errno)) return { fd: openSync(path, 'r'), writable: false };
    if (errno !== 'ENOENT' || options.create !== true) throw error;
    return { fd: openSync(path, 'wx+', 0o600), writable: true };
  }
}

/** @throws TAPE_NOT_FOUND, TAPE_ACCESS_DENIED, TAPE_LOCKED */
export function openImage(path: string, options: OpenTapeOptions): ImageFile {
  let opened: { fd: number; writable: boolean };
  try {
    opened = openAs(path, options);
  } catch (error) {
    throw imageError(path, 'opening the cartridge', error);
  }
  const { fd, writable } = opened;
  try {
    if (!fstatSync(fd).isFile()) throw tapeError(TapeStatus.ERROR_FILE_NOT_FOUND, path, 'opening the cartridge, which is no ordinary file');
    const lock = lockImage(fd, path, writable);
    const close = (): void => {
      lock?.[Symbol.dispose]();
      closeSync(fd);
    };
    return { fd, path, writable, close };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function lockImage(fd: number, path: string, writable: boolean): FileLock | undefined {
  let lock: FileLock | undefined;
  try {
    lock = lockFile(fd, path);
  } catch (error) {
    // Nobody writes beside a file that may only be read, not even a lock.
    if (!writable && NO_WRITING.has(nodeErrno(error) ?? '')) return undefined;
    throw imageError(path, 'locking the cartridge', error);
  }
  if (lock) return lock;
  throw tapeError(TapeStatus.ERROR_SHARING_VIOLATION, path, 'opening the cartridge', {}, { transient: true });
}
