import { RegistryError } from '../errors/index.js';
import { upperName } from './hive/hive-names.js';

/** UTF-16 units in the name of a key. */
export const KEY_NAME_MAX = 255;
/** UTF-16 units in the name of a value. */
export const VALUE_NAME_MAX = 16_383;
/** Keys below one another. */
export const KEY_DEPTH_MAX = 512;

/** A name as it is compared: each UTF-16 unit in upper case by itself, as Windows' table has it, so that the length stays. */
export const upcaseName = upperName;

export const sameName = (a: string, b: string): boolean => a === b || upcaseName(a) === upcaseName(b);

/** The order of keys in a hive: by upper-cased units. */
export function compareNames(a: string, b: string): number {
  const [x, y] = [upcaseName(a), upcaseName(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The names in a path, [] for the root. */
export const splitKey = (path: string): string[] => (path === '' ? [] : path.split('\\'));

/** The key above, undefined for the root. */
export function parentKey(path: string): string | undefined {
  if (path === '') return undefined;
  return path.slice(0, Math.max(0, path.lastIndexOf('\\')));
}

/** @throws REGISTRY_NAME when a key cannot be called so */
export function checkKeyPath(path: string): void {
  const names = splitKey(path);
  if (names.length > KEY_DEPTH_MAX)
    throw nameError(path, `${String(names.length)} keys below one another, of ${String(KEY_DEPTH_MAX)} at most`);
  for (const name of names) {
    if (name === '') throw nameError(path, 'a name in it is empty', 'one backslash parts two names, and none begins or ends a path');
    if (name.length > KEY_NAME_MAX) {
      throw nameError(path, `a name in it has ${String(name.length)} characters, of ${String(KEY_NAME_MAX)} at most`);
    }
  }
}

/** @throws REGISTRY_NAME when a value cannot be called so */
export function checkValueName(name: string): void {
  if (name.length > VALUE_NAME_MAX) {
    throw new RegistryError(
      'REGISTRY_NAME',
      `the name of a value has ${String(name.length)} characters, of ${String(VALUE_NAME_MAX)} at most: ${shorten(name)}`,
      { name },
    );
  }
}

const nameError = (path: string, why: string, hint?: string): RegistryError =>
  new RegistryError('REGISTRY_NAME', `${shorten(path)} cannot be a key: ${why}`, { path }, { hint });

const shorten = (text: string): string => (text.length <= 300 ? text : `${text.slice(0, 300)}…`);
