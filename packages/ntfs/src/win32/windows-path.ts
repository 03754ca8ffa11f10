import { win32 } from 'node:path';
import { SourceError } from '@winback/core';

/** Characters that Windows' file systems take in no name; `:` would name a stream, `\` and `/` another folder. */
const NOT_IN_NAMES = /[\0-\x1f"*/:<>?\\|]/; // eslint-disable-line no-control-regex -- Windows takes none of them

/**
 * Whether a part of a path is a name, of a file or folder in its folder. Names that only `\\?\` reaches are: `CON`, `dot.`, `blank `.
 * They are opened from their folder, where they mean nothing else.
 */
export const isName = (part: string): boolean => part !== '' && part !== '.' && part !== '..' && !NOT_IN_NAMES.test(part);

/** The parts of a path on a volume. @throws SOURCE_NOT_FOUND when one of them is no name */
export function sourceParts(path: string): string[] {
  const parts = path === '' ? [] : path.split('/');
  const wrong = parts.find((part) => !isName(part));
  if (wrong === undefined) return parts;
  throw new SourceError('SOURCE_NOT_FOUND', `${JSON.stringify(path)} is no path on a volume: ${JSON.stringify(wrong)} is no name`, {
    path,
  });
}

/** `\\?\C:\x` as people write it: `C:\x`. What has no such form, like the name of a volume, stays. */
export function plainPath(path: string): string {
  if (/^\\\\\?\\UNC\\/i.test(path)) return `\\\\${path.slice(8)}`;
  return /^\\\\\?\\[a-z]:/i.test(path) ? path.slice(4) : path;
}

/**
 * An absolute path in the form that Windows takes as it is, however long, and whatever its names: `\\?\C:\x`, `\\?\UNC\server\share\x`.
 * Undefined for what is no path of Windows. `wholly`: its last part is a folder to go into, because it ends with a separator.
 */
export function nativePath(path: string): { readonly native: string; readonly wholly: boolean } | undefined {
  if (path === '' || path.includes('\0')) return undefined;
  const wholly = /(^|[\\/])\.{0,2}$/.test(path);
  if (/^\\\\[?.]\\/.test(path)) return { native: path.replaceAll('/', '\\'), wholly };
  const full = win32.resolve(path.replaceAll('/', '\\'));
  if (full.startsWith('\\\\')) return { native: `\\\\?\\UNC\\${full.slice(2)}`, wholly };
  return /^[a-z]:\\/i.test(full) ? { native: `\\\\?\\${full}`, wholly } : undefined;
}

/** `\\?\C:\`, `\\?\UNC\server\share\`, `\\?\GLOBALROOT\Device\…\`, `\\?\Volume{…}\` */
const ROOT = /^\\\\[?.]\\(UNC\\[^\\]+\\[^\\]+|GLOBALROOT\\Device\\[^\\]+|[^\\]+)(\\|$)/i;

/** The folder that a native path stands in, and its last part; no part for the root of a volume. */
export function splitNative(native: string): { readonly folder: string; readonly leaf: string } {
  const root = ROOT.exec(native)?.[0] ?? '';
  const rest = native.slice(root.length).replace(/\\+$/, '');
  const at = rest.lastIndexOf('\\') + 1;
  return { folder: root + rest.slice(0, at), leaf: rest.slice(at) };
}

/** The root of a volume as the calls of Windows want it: in native form, with a backslash at its end. */
export function nativeRoot(root: string): string {
  const native = nativePath(root)?.native ?? root;
  return native.endsWith('\\') ? native : `${native}\\`;
}
