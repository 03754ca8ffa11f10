import { RegistryError, type WinbackErrorOptions } from '@winback/core';
import { describeWin32, errorName, Win32Error } from '../win32-error.js';

/** Win32 errors (winerror.h) that only keys and values answer with, and what others mean there. */
const ERRORS: Readonly<Record<number, readonly [name: string, words: string]>> = {
  2: ['ERROR_FILE_NOT_FOUND', 'no such key or value'],
  3: ['ERROR_PATH_NOT_FOUND', 'no such key'],
  14: ['ERROR_OUTOFMEMORY', 'not enough memory'],
  161: ['ERROR_BAD_PATHNAME', 'that is no path of a key'],
  1009: ['ERROR_BADDB', 'the registry is damaged there'],
  1010: ['ERROR_BADKEY', 'the root key cannot be used'],
  1011: ['ERROR_CANTOPEN', 'the key cannot be opened'],
  1012: ['ERROR_CANTREAD', 'the key cannot be read'],
  1013: ['ERROR_CANTWRITE', 'the key cannot be written'],
  1015: ['ERROR_REGISTRY_CORRUPT', 'the registry is damaged there'],
  1016: ['ERROR_REGISTRY_IO_FAILED', 'the file behind the registry cannot be read or written'],
  1018: ['ERROR_KEY_DELETED', 'another program deleted the key meanwhile'],
  1019: ['ERROR_NO_LOG_SPACE', 'the log of the registry is full'],
  1020: ['ERROR_KEY_HAS_CHILDREN', 'there are keys below it'],
  1021: ['ERROR_CHILD_MUST_BE_VOLATILE', 'the key above lasts until Windows is shut down, and takes no keys that stay'],
  1450: ['ERROR_NO_SYSTEM_RESOURCES', 'the registry is full, or Windows lacks memory'],
};

const KEY_DELETED = 1018;
/** FILE_NOT_FOUND, PATH_NOT_FOUND, KEY_DELETED. */
const GONE: ReadonlySet<number> = new Set([2, 3, KEY_DELETED]);
/** ACCESS_DENIED, PRIVILEGE_NOT_HELD. */
const DENIED: ReadonlySet<number> = new Set([5, 1314]);
/** INVALID_OWNER, INVALID_PRIMARY_GROUP: of a security descriptor that the account may not give. */
const OWNERS: ReadonlySet<number> = new Set([1307, 1308]);
const DAMAGED: ReadonlySet<number> = new Set([1009, 1015]);

const ELEVATE = 'Run it as an administrator, from an elevated prompt.';

/** There is no such key, or there is none any more. */
export const isGone = (error: unknown): error is Win32Error => error instanceof Win32Error && GONE.has(error.number);
export const isDenied = (error: unknown): error is Win32Error => error instanceof Win32Error && DENIED.has(error.number);

const nameOf = (number: number): string => ERRORS[number]?.[0] ?? errorName(number);

function describe(number: number): string {
  const known = ERRORS[number];
  return known ? `${known[1]} (${known[0]}, ${number})` : describeWin32(number);
}

/** An error of Windows met at a key, as an error of ours; one that is none of Windows' is thrown on. */
export function registryError(error: unknown, doing: 'reading' | 'writing' | 'flushing', path: string): RegistryError {
  if (error instanceof RegistryError) return error;
  if (!(error instanceof Win32Error)) throw error;
  const { call, number } = error;
  const details = { path, call, number, name: nameOf(number) };
  const message = `${path}: ${doing} failed: ${describe(number)}`;
  if (DAMAGED.has(number)) {
    return new RegistryError('REGISTRY_DAMAGED', message, details, { cause: error, hint: 'Restart Windows, which repairs what it can.' });
  }
  if (doing === 'writing' && (DENIED.has(number) || OWNERS.has(number))) {
    const hint = `The key's permissions do not let this account change it. ${ELEVATE}`;
    return new RegistryError('REGISTRY_READ_ONLY', message, details, { cause: error, hint });
  }
  return new RegistryError('REGISTRY_IO', message, details, { cause: error, ...hintFor(number) });
}

function hintFor(number: number): WinbackErrorOptions {
  if (DENIED.has(number)) return { hint: `Administrators and backup operators can read every key. ${ELEVATE}` };
  if (number === KEY_DELETED) return { hint: 'Try again.', transient: true };
  return {};
}
