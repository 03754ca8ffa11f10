import { isWinbackError, RecoveryError, SourceError, type WinbackError, type WinbackErrorOptions } from '@winback/core';
import { describeWin32, errorName, errorNumber, Win32Error } from './win32-error.js';

const numbers = (...names: string[]): ReadonlySet<number> => new Set(names.map(errorNumber));

const GONE = numbers('ERROR_FILE_NOT_FOUND', 'ERROR_PATH_NOT_FOUND', 'ERROR_DELETE_PENDING', 'ERROR_DIRECTORY');
const NO_SUCH_PATH = numbers(
  'ERROR_FILE_NOT_FOUND',
  'ERROR_PATH_NOT_FOUND',
  'ERROR_INVALID_NAME',
  'ERROR_BAD_PATHNAME',
  'ERROR_BAD_NETPATH',
  'ERROR_BAD_NET_NAME',
  'ERROR_DIRECTORY',
);
const IN_USE = numbers('ERROR_SHARING_VIOLATION', 'ERROR_LOCK_VIOLATION');
const DENIED = numbers('ERROR_ACCESS_DENIED', 'ERROR_PRIVILEGE_NOT_HELD', 'ERROR_NOT_ALL_ASSIGNED');
const FULL = numbers('ERROR_DISK_FULL', 'ERROR_HANDLE_DISK_FULL', 'ERROR_DISK_QUOTA_EXCEEDED');
const OWNERS = numbers('ERROR_INVALID_OWNER', 'ERROR_INVALID_PRIMARY_GROUP', 'ERROR_PRIVILEGE_NOT_HELD', 'ERROR_ACCESS_DENIED');
const EXISTS = numbers('ERROR_ALREADY_EXISTS', 'ERROR_FILE_EXISTS');
const NOT_HELD = numbers(
  'ERROR_INVALID_FUNCTION',
  'ERROR_NOT_SUPPORTED',
  'ERROR_EAS_NOT_SUPPORTED',
  'ERROR_SHORT_NAMES_NOT_ENABLED_ON_VOLUME',
);

const ELEVATE = 'Run it as an administrator or backup operator, from an elevated prompt.';

/** How a path is shown: the root of a volume has no name of its own. */
export const shown = (path: string): string => (path === '' ? 'the root of the volume' : path);

/** The Win32 error behind an error; what is none is thrown on. */
export function win32Of(error: unknown): Win32Error {
  if (error instanceof Win32Error) return error;
  throw error;
}

export const isGone = (error: Win32Error): boolean => GONE.has(error.number);
export const isNoSuchPath = (error: Win32Error): boolean => NO_SUCH_PATH.has(error.number);
export const isThere = (error: Win32Error): boolean => EXISTS.has(error.number);

const detailsOf = (error: Win32Error, path: string) => ({ path, call: error.call, number: error.number, name: errorName(error.number) });

/** An error of Windows met while reading `path`, as an error of ours; one that is ours already stays. */
export function sourceError(error: unknown, doing: string, path: string): SourceError {
  if (error instanceof SourceError) return error;
  const cause = win32Of(error);
  const details = detailsOf(cause, path);
  if (isGone(cause)) {
    const message = `${shown(path)}: disappeared or was replaced between being listed and being read`;
    return new SourceError('SOURCE_VANISHED', message, details, { cause });
  }
  const message = `${shown(path)}: ${doing} failed: ${describeWin32(cause.number)}`;
  return new SourceError('SOURCE_UNREADABLE', message, details, { cause, ...sourceHint(cause.number) });
}

function sourceHint(number: number): WinbackErrorOptions {
  if (IN_USE.has(number)) return { hint: 'Back up from a shadow copy, where no program has it open.', transient: true };
  if (DENIED.has(number)) return { hint: ELEVATE };
  return {};
}

/** An error of Windows met while writing `path`, as an error of ours; one that is ours already stays. */
export function recoveryError(error: unknown, doing: string, path: string): RecoveryError {
  if (error instanceof RecoveryError) return error;
  const cause = win32Of(error);
  const message = `${shown(path)}: ${doing} failed: ${describeWin32(cause.number)}`;
  return new RecoveryError('RECOVERY_IO', message, detailsOf(cause, path), { cause, ...recoveryHint(cause.number) });
}

function recoveryHint(number: number): WinbackErrorOptions {
  if (FULL.has(number)) return { hint: 'Make room on the recovery target, or recover to another one; items recovered so far stay.' };
  if (number === errorNumber('ERROR_WRITE_PROTECT')) return { hint: 'Choose a recovery target that is not write-protected.' };
  if (IN_USE.has(number)) return { hint: 'Close the program that has it open, or recover to another folder.' };
  if (DENIED.has(number)) return { hint: ELEVATE };
  return {};
}

/** A fact of a recovered file that the system did not take. */
export function factError(error: unknown, fact: string, path: string): RecoveryError {
  const cause = win32Of(error);
  const hint = NOT_HELD.has(cause.number) ? 'Recover to a volume with NTFS to keep it.' : OWNERS.has(cause.number) ? ELEVATE : undefined;
  const message = `${shown(path)}: ${fact} could not be set: ${describeWin32(cause.number)}`;
  return new RecoveryError('RECOVERY_FACT', message, { ...detailsOf(cause, path), fact }, { cause, hint });
}

/** Runs what may fail with an error of Windows or Winback, and answers that; any other is thrown on. */
export function failureOf(action: () => void): WinbackError | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    return error;
  }
}
