import { resolve } from 'node:path';
import { UsageError } from '@winback/core/errors';

/** Two letters at least: `C:\x` is a path. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;
/** Schemes whose rest is a path on this system. */
const OF_PATHS = new Set(['mtf', 'store', 'image']);
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
  const scheme = SCHEME.exec(text)?.[1];
  const uri =
    scheme === undefined
      ? absolutePath(text, cwd, '--backup-target')
      : OF_PATHS.has(scheme.toLowerCase()) && !text.startsWith('//', scheme.length + 1)
        ? `${scheme}:${absolutePath(text.slice(scheme.length + 1), cwd, '--backup-target')}`
        : text;
  if (LONE_SURROGATE.test(uri)) {
    throw new UsageError(`the name of the backup target, ${uri}, is no UTF-8`, {}, { hint: 'choose a name and a folder that are text' });
  }
  return uri;
}
