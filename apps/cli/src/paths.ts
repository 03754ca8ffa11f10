import { resolve } from 'node:path';
import { UsageError } from '@winback/core/errors';

/** Two letters at least: `C:\x` is a path. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;
/** Schemes whose rest is a path on this system. */
const OF_PATHS = new Set(['mtf', 'store', 'image', 'changer']);
const OF_TAPES = /^tape:/i;
/** `\\.\TAPE0`, and the same without what says that it is a device. */
const WINDOWS_DEVICE = /^(?:[\\/]{2}[.?][\\/]|tape\d{1,9}$)/i;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * A path as the user wrote it, made absolute. An empty one is refused: it is a variable that was not set, and not the user's folder.
 * @throws USAGE
 */
export function absolutePath(text: string, cwd: string, option: string): string {
  if (text === '') throw new UsageError(`${option} is empty`, {}, { hint: 'name a path; . is the folder you are in' });
  return resolve(cwd, text);
}

/** A target as the user wrote it, with paths made absolute; other URIs are left to their driver. @throws USAGE */
export function targetUri(text: string, cwd: string): string {
  const option = '--backup-target';
  const uri = OF_TAPES.test(text) ? `tape:${tapeAddress(text, cwd, option)}` : withAbsolutePath(text, cwd, option);
  assertText(uri, 'the backup target');
  return uri;
}

/**
 * The address of a tape drive or changer as the user wrote it, with or without `tape:` in front, which is taken away. Paths are made absolute;
 * names of Windows' devices and other URIs are left to their driver.
 * @throws USAGE
 */
export function tapeAddress(text: string, cwd: string, option = 'DRIVE'): string {
  const given = text.replace(OF_TAPES, '');
  const address = WINDOWS_DEVICE.test(given) ? given : withAbsolutePath(given, cwd, option);
  assertText(address, 'the tape drive');
  return address;
}

function withAbsolutePath(text: string, cwd: string, option: string): string {
  const scheme = SCHEME.exec(text)?.[1];
  if (scheme === undefined) return absolutePath(text, cwd, option);
  const rest = text.slice(scheme.length + 1);
  return OF_PATHS.has(scheme.toLowerCase()) && !rest.startsWith('//') ? `${scheme}:${absolutePath(rest, cwd, option)}` : text;
}

function assertText(name: string, what: string): void {
  if (!LONE_SURROGATE.test(name)) return;
  throw new UsageError(`the name of ${what}, ${name}, is no UTF-8`, {}, { hint: 'choose a name and a folder that are text' });
}
