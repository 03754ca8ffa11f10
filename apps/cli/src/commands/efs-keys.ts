import { readFileSync } from 'node:fs';
import { describeNodeError, isWinbackError, nodeErrno, SourceError, UsageError, type KeyFileContent } from '@winback/core';
import type { EfsKey, KeyFile } from '@winback/efs-raw';
import type { Io } from '../io.js';
import { absolutePath } from '../paths.js';
import { printable } from '../terminal/printable.js';

/** Where the password of a key file may be given. It is never an argument, which others could see. */
const PASSWORD_VARIABLE = 'WINBACK_EFS_PASSWORD';
/** A file with keys, or a password, is never longer. */
const LIMIT = 1 << 20;

export interface PasswordOptions {
  readonly passwordFile?: string;
}

/** A whole small file. @throws SOURCE_NOT_FOUND, SOURCE_UNREADABLE, USAGE */
export function smallFile(io: Io, text: string, option: string): KeyFile {
  const path = absolutePath(text, io.cwd, option);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const errno = nodeErrno(error);
    if (errno === undefined) throw error;
    throw new SourceError(errno === 'ENOENT' ? 'SOURCE_NOT_FOUND' : 'SOURCE_UNREADABLE', `${path}: ${describeNodeError(error)}`, { path });
  }
  if (bytes.length > LIMIT) throw new UsageError(`${path} is too long for what ${option} names`, { path });
  return { name: text, bytes };
}

/** The password that was given in a file or in the environment. */
export function givenPassword(io: Io, { passwordFile }: PasswordOptions, option = '--password-file'): string | undefined {
  if (passwordFile === undefined) return io.env[PASSWORD_VARIABLE];
  const text = Buffer.from(smallFile(io, passwordFile, option).bytes).toString('utf8');
  return text.split(/\r?\n/, 1)[0];
}

/**
 * Does something with a file and its password: the one that was given, none, or what a person at the terminal is asked for.
 * @throws EFS_PASSWORD, EFS_KEY_FILE
 */
export async function withPassword<T>(
  io: Io,
  file: KeyFile,
  given: string | undefined,
  open: (file: KeyFile, password: string | undefined) => T,
): Promise<{ readonly value: T; readonly password: string | undefined }> {
  try {
    return { value: open(file, given), password: given };
  } catch (error) {
    if (given !== undefined || !isWinbackError(error, 'EFS_PASSWORD') || !io.stdin.isTTY || !io.stdin.secret) throw error;
  }
  io.stderr.write(`Password of ${printable(file.name)}: `);
  const password = await io.stdin.secret();
  io.stderr.write('\n');
  if (password === undefined) throw new UsageError('no password was given', {}, { hint: 'see --password-file' });
  return { value: open(file, password), password };
}

/** The private keys of all files named. */
export async function keysOf(io: Io, files: readonly string[], options: PasswordOptions): Promise<EfsKey[]> {
  const { loadKeys } = await import('@winback/efs-raw');
  const given = givenPassword(io, options);
  const keys: EfsKey[] = [];
  for (const text of files) keys.push(...(await withPassword(io, smallFile(io, text, '--key'), given, loadKeys)).value);
  return keys;
}

/** The same for a job, which opens them itself: that the passwords are right is found out first. */
export async function keyFilesOf(
  io: Io,
  files: readonly string[] | undefined,
  options: PasswordOptions,
): Promise<KeyFileContent[] | undefined> {
  if (files === undefined) return undefined;
  const { loadKeys } = await import('@winback/efs-raw');
  const given = givenPassword(io, options, '--efs-password-file');
  const contents: KeyFileContent[] = [];
  for (const text of files) {
    const file = smallFile(io, text, '--efs-key');
    const { password } = await withPassword(io, file, given, loadKeys);
    contents.push({ ...file, password });
  }
  return contents;
}
