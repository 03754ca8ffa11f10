import { constants } from 'node:os';
import { describeErrno, errnoName, RecoveryError, SourceError, type WinbackErrorOptions } from '../../errors/index.js';
import type { FileProblem } from '../volume.js';

const { ENOENT, ENOTDIR, ESTALE, ELOOP, ENOSPC, EDQUOT, EROFS, EACCES, EPERM, EFBIG, EMFILE, ENAMETOOLONG, ENOTSUP } = constants.errno;
const GONE = new Set<number>([ENOENT, ENOTDIR, ESTALE, ELOOP]);

/** How a path is shown: the root of a volume has no name of its own. */
export const shown = (path: string): string => (path === '' ? 'the root of the volume' : path);

/** A system error met while reading `path`, as an error of ours. */
export function sourceError(errno: number, doing: string, path: string): SourceError {
  const details = { path, errno, name: errnoName(errno) };
  if (GONE.has(errno)) {
    return new SourceError('SOURCE_VANISHED', `${shown(path)}: disappeared or was replaced between being listed and being read`, details);
  }
  return new SourceError('SOURCE_UNREADABLE', `${shown(path)}: ${doing} failed: ${describeErrno(errno)}`, details, sourceHint(errno));
}

function sourceHint(errno: number): WinbackErrorOptions {
  if (errno === EACCES || errno === EPERM) return { hint: 'Run the backup as a user who may read it, for example as root.' };
  if (errno === EMFILE) return { hint: 'Raise the limit of open files (ulimit -n).', transient: true };
  return {};
}

/** A system error met while writing `path`, as an error of ours. */
export function recoveryError(errno: number, doing: string, path: string): RecoveryError {
  const details = { path, errno, name: errnoName(errno) };
  return new RecoveryError('RECOVERY_IO', `${shown(path)}: ${doing} failed: ${describeErrno(errno)}`, details, recoveryHint(errno));
}

function recoveryHint(errno: number): WinbackErrorOptions {
  if (errno === ENOSPC || errno === EDQUOT)
    return { hint: 'Make room on the recovery target, or recover to another one; items recovered so far stay.' };
  if (errno === EROFS) return { hint: 'The recovery target is mounted read-only; remount it or choose another one.' };
  if (errno === EACCES || errno === EPERM) return { hint: 'Recover as a user who may write there, for example as root.' };
  if (errno === EFBIG) return { hint: 'The file system of the recovery target cannot hold so large a file; choose another one.' };
  if (errno === ENAMETOOLONG) return { hint: 'Choose a recovery target on a file system that holds longer names.' };
  if (errno === EMFILE) return { hint: 'Raise the limit of open files (ulimit -n).' };
  return {};
}

/** A fact of a recovered file that the system did not take. */
export function factError(errno: number, fact: string, path: string): RecoveryError {
  const hint =
    errno === EPERM || errno === EACCES
      ? { hint: 'Only root may set it; recover as root to keep it.' }
      : errno === ENOTSUP
        ? { hint: 'Recover to a file system that holds it.' }
        : {};
  return new RecoveryError(
    'RECOVERY_FACT',
    `${shown(path)}: ${fact} could not be set: ${describeErrno(errno)}`,
    { path, fact, errno, name: errnoName(errno) },
    hint,
  );
}

/** Facts that were kept in another form, as a remark. */
export function convertedNote(path: string, facts: readonly string[]): FileProblem {
  const error = new RecoveryError('RECOVERY_CONVERTED', `${shown(path)}: kept in another form: ${facts.join(', ')}`, { path, facts });
  return { path, error, effect: 'note' };
}
