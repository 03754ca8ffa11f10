import { upcaseName } from './registry-name.js';

/** Where paths in stores of a whole system begin, with the short forms that reg.exe takes. */
export const ROOT_KEYS: Readonly<Record<string, string>> = {
  HKLM: 'HKEY_LOCAL_MACHINE',
  HKCU: 'HKEY_CURRENT_USER',
  HKCR: 'HKEY_CLASSES_ROOT',
  HKU: 'HKEY_USERS',
  HKCC: 'HKEY_CURRENT_CONFIG',
};

const LONG = new Set(Object.values(ROOT_KEYS));

/** The root key that a path begins with, in full; undefined where it begins with none. */
export function rootKeyOf(path: string): string | undefined {
  const first = upcaseName(path.split('\\', 1)[0] ?? '');
  return LONG.has(first) ? first : ROOT_KEYS[first];
}

/** A path with its root key in full, as people may write it: `HKLM\System` is `HKEY_LOCAL_MACHINE\System`. */
export function expandRootKey(path: string): string {
  const root = rootKeyOf(path);
  const end = path.indexOf('\\');
  return root === undefined ? path : root + (end < 0 ? '' : path.slice(end));
}
