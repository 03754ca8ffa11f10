import { KEY_DEPTH_MAX, KEY_NAME_MAX, RegistryError, rootKeyOf, splitKey } from '@winback/core';
import type { Handle } from '../ffi/declarations.js';
import { PREDEFINED_KEYS } from '../ffi/registry.js';

/** Windows opens and makes 32 keys below one another in one call at most, and paths of 32,767 characters. */
const NAMES_AT_ONCE = 30;

/** Where a key is: from which root key, over which names. */
export interface KeyPlace {
  readonly root: Handle;
  /** In full. */
  readonly rootName: string;
  /** None: the root key itself. */
  readonly names: readonly string[];
}

/**
 * Undefined where no key can be.
 * @throws REGISTRY_NAME for a name with a NUL
 */
export function placeOf(path: string): KeyPlace | undefined {
  const rootName = rootKeyOf(path);
  const root = rootName === undefined ? undefined : PREDEFINED_KEYS[rootName];
  if (rootName === undefined || root === undefined) return undefined;
  const names = splitKey(path).slice(1);
  for (const name of names) checkNoNul(path, name);
  if (names.length >= KEY_DEPTH_MAX || names.some((name) => name === '' || name.length > KEY_NAME_MAX)) return undefined;
  return { root, rootName, names };
}

/**
 * Windows' calls end names at the first NUL: with one in it they would reach another key or value.
 * @throws REGISTRY_NAME
 */
export function checkNoNul(path: string, name: string): void {
  if (!name.includes('\0')) return;
  throw new RegistryError('REGISTRY_NAME', `${path}: Windows' calls reach no key or value with a NUL in its name`, { path, name });
}

export const pathOf = ({ rootName, names }: KeyPlace): string => [rootName, ...names].join('\\');

/** The names as paths that one call takes each; [] for a root key. */
export function* pathPieces(names: readonly string[]): Generator<string> {
  for (let at = 0; at < names.length; at += NAMES_AT_ONCE) yield names.slice(at, at + NAMES_AT_ONCE).join('\\');
}
