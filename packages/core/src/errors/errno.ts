import { constants } from 'node:os';

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** Numbers that Node's table lacks. Linux values. */
const EXTRA: Readonly<Record<number, string>> = { 61: 'ENODATA', 40: 'ELOOP', 95: 'EOPNOTSUPP', 122: 'EDQUOT' };

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'not a folder',
  EISDIR: 'is a folder',
  EEXIST: 'already exists',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'disk quota exceeded',
  EFBIG: 'file too large for this file system',
  EROFS: 'read-only file system',
  EIO: 'input/output error',
  ELOOP: 'a symbolic link is in the way',
  EBUSY: 'in use',
  ETXTBSY: 'is being executed',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files on this system',
  ENAMETOOLONG: 'name too long for this file system',
  EOPNOTSUPP: 'not supported by this file system',
  ENOTSUP: 'not supported by this file system',
  ENOTEMPTY: 'the folder is not empty',
  EMLINK: 'too many hard links',
  EXDEV: 'on another file system',
  EINVAL: 'invalid argument',
  ENXIO: 'no such device',
  ENODATA: 'no such attribute',
  E2BIG: 'too large',
  ERANGE: 'too large for this file system',
  ESTALE: 'stale file handle',
};

/** An errno as a name, for example 13 as EACCES. */
export function errnoName(errno: number): string {
  return EXTRA[errno] ?? NAMES.get(errno) ?? `errno ${String(errno)}`;
}

/** An errno in words that a person understands, with its name. */
export function describeErrno(errno: number): string {
  const name = errnoName(errno);
  const words = WORDS[name];
  return words ? `${words} (${name})` : name;
}

/** The errno name of a Node.js system error, or undefined when it is none. */
export function nodeErrno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error ? error.code : undefined;
}

/** The text for a Node.js system error, or the message of any other. */
export function describeNodeError(error: unknown): string {
  const name = nodeErrno(error);
  if (name === undefined) return error instanceof Error ? error.message : String(error);
  const words = WORDS[name];
  return words ? `${words} (${name})` : name;
}
