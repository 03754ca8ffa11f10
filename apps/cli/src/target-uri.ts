import { resolve } from 'node:path';

/** Two letters at least: `C:\x` is a path. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;
/** Schemes whose rest is a path on this system. */
const OF_PATHS = new Set(['mtf', 'store', 'image']);

/** A target as the user wrote it, with paths made absolute; other URIs are left to their driver. */
export function targetUri(text: string, cwd: string): string {
  const scheme = SCHEME.exec(text)?.[1];
  if (scheme === undefined) return resolve(cwd, text);
  const rest = text.slice(scheme.length + 1);
  return OF_PATHS.has(scheme.toLowerCase()) && !rest.startsWith('//') ? `${scheme}:${resolve(cwd, rest)}` : text;
}
