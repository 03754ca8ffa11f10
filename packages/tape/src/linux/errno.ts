import { errnoName } from '@winback/core/base';
import { TapeStatus, type TapeStatusCode } from '../api/index.js';

/** Numbers of Linux, which no other system's Node.js need know. */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  ENXIO: 6,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  ENODEV: 19,
  ENOTDIR: 20,
  EINVAL: 22,
  ENOTTY: 25,
  ENOSPC: 28,
  EROFS: 30,
  ENOSYS: 38,
  EOVERFLOW: 75,
  ENOMEDIUM: 123,
  EMEDIUMTYPE: 124,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(Errno).map(([name, number]) => [number, name]));

export const nameOfErrno = (errno: number): string => NAMES.get(errno) ?? errnoName(errno);

const S = TapeStatus;

const OPENING: Readonly<Record<number, TapeStatusCode>> = {
  [Errno.ENOENT]: S.ERROR_FILE_NOT_FOUND,
  [Errno.ENOTDIR]: S.ERROR_FILE_NOT_FOUND,
  [Errno.ENXIO]: S.ERROR_FILE_NOT_FOUND,
  [Errno.ENODEV]: S.ERROR_FILE_NOT_FOUND,
  [Errno.EACCES]: S.ERROR_ACCESS_DENIED,
  [Errno.EPERM]: S.ERROR_ACCESS_DENIED,
  [Errno.EBUSY]: S.ERROR_SHARING_VIOLATION,
};

/** Why a drive could not be opened: not ready, where nothing says more. */
export const openStatus = (errno: number): Exclude<TapeStatusCode, 0> =>
  (OPENING[errno] ?? S.ERROR_NOT_READY) as Exclude<TapeStatusCode, 0>;

const WORKING: Readonly<Record<number, TapeStatusCode>> = {
  [Errno.ENOMEDIUM]: S.ERROR_NO_MEDIA_IN_DRIVE,
  [Errno.EMEDIUMTYPE]: S.ERROR_CRC,
  [Errno.EACCES]: S.ERROR_WRITE_PROTECT,
  [Errno.EROFS]: S.ERROR_WRITE_PROTECT,
  [Errno.EPERM]: S.ERROR_ACCESS_DENIED,
  [Errno.ENOSPC]: S.ERROR_EOM_OVERFLOW,
  [Errno.EINVAL]: S.ERROR_INVALID_PARAMETER,
  [Errno.ENOTTY]: S.ERROR_NOT_SUPPORTED,
  [Errno.ENOSYS]: S.ERROR_NOT_SUPPORTED,
  [Errno.EBUSY]: S.ERROR_NOT_READY,
  [Errno.EAGAIN]: S.ERROR_NOT_READY,
};

/** What an errno of an open drive says by itself; undefined for EIO and others that are the drive's, which its state must explain. */
export const errnoStatus = (errno: number): Exclude<TapeStatusCode, 0> | undefined =>
  WORKING[errno] as Exclude<TapeStatusCode, 0> | undefined;
