import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { describeNodeError, TargetError } from '@winback/core';
import { textOf } from './block-head.js';

/** A password field of a TAPE or SSET. */
export interface StoredPassword {
  /** Password Encryption Algorithm: 0 none, 5 MD5. NTBackup says 3, which is published nowhere. */
  readonly algorithm: number;
  readonly bytes: Buffer;
  readonly stringType: number;
}

/** What is done about passwords. They keep honest programs away and encrypt nothing. */
export interface PasswordPolicy {
  /** The password that was given. */
  readonly password?: (() => string | undefined) | undefined;
  /** Everything is read all the same. */
  readonly ignore?: boolean | undefined;
}

const CLEAR = 0;
const MD5 = 5;
const FILE_LIMIT = 4096;

/**
 * Whether what is behind a password may be read: MTF 1.00a, Password Encryption Algorithms.
 * @param what is protected, for people
 * @throws TARGET_PASSWORD
 */
export function assertPassword(stored: StoredPassword | undefined, policy: PasswordPolicy, what: string): void {
  if (!stored || stored.bytes.length === 0 || policy.ignore === true) return;
  const { algorithm } = stored;
  const ignoring = '--ignore-password reads it all the same: nothing in it is encrypted by it';
  const refuse = (why: string, hint: string): never => {
    throw new TargetError('TARGET_PASSWORD', `${what} asks for a password${why}`, { algorithm }, { hint });
  };
  if (algorithm !== CLEAR && algorithm !== MD5)
    return refuse(`, which is kept in a way that is not known (algorithm ${String(algorithm)})`, ignoring);
  const given = policy.password?.();
  if (given === undefined) return refuse('', `--password-file gives it; ${ignoring}`);
  if (!matches(stored, given)) return refuse(', and the one that was given is wrong', ignoring);
}

function matches({ algorithm, bytes, stringType }: StoredPassword, given: string): boolean {
  if (algorithm === CLEAR) return textOf(bytes, stringType) === given;
  // The format does not say in which characters the password is hashed.
  return (['utf16le', 'latin1', 'utf8'] as const).some((encoding) =>
    createHash('md5').update(Buffer.from(given, encoding)).digest().equals(bytes),
  );
}

/** As the command-line program tells drivers: WINBACK_PASSWORD_FILE and WINBACK_IGNORE_PASSWORD. */
export const passwordsOfEnvironment = (): PasswordPolicy => {
  const { WINBACK_PASSWORD_FILE: file, WINBACK_IGNORE_PASSWORD: ignore } = process.env;
  return { ignore: ignore === '1', password: file === undefined || file === '' ? undefined : () => firstLine(file) };
};

/** @throws TARGET_PASSWORD */
function firstLine(path: string): string {
  try {
    const fd = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(FILE_LIMIT);
      return bytes.toString('utf8', 0, readSync(fd, bytes)).split(/\r?\n/, 1)[0] ?? '';
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw new TargetError(
      'TARGET_PASSWORD',
      `the password file ${path} cannot be read: ${describeNodeError(error)}`,
      { path },
      { cause: error },
    );
  }
}
