import { RegistryError } from '@winback/core/errors';
import { HiveFile, type RegistryKey, type RegistryStore } from '@winback/core/registry';
import type { Io } from '../io.js';
import { absolutePath } from '../paths.js';
import type { CommonOptions } from '../session.js';
import { printable } from '../terminal/printable.js';

/** Options of all commands on registries. */
export interface RegistryOptions extends CommonOptions {
  readonly hive?: string;
}

/** The registry of this system, or the hive that was named. @throws REGISTRY_*, FORMAT_*, PLATFORM_UNSUPPORTED, USAGE */
export async function openRegistry(io: Io, options: RegistryOptions, mode: 'read' | 'write'): Promise<RegistryStore> {
  if (options.hive !== undefined) {
    const hive = HiveFile.open(absolutePath(options.hive, io.cwd, '--hive'), { mode });
    if (!options.quiet) for (const note of hive.notes) io.stderr.write(`note: ${printable(note)}\n`);
    return hive;
  }
  // A hive needs no plugins, and loading them takes longer than reading one.
  const { systemRegistry } = await import('../system-registry.js');
  return systemRegistry(io, options);
}

/** A path as people write it in a hive may begin with a backslash. */
export const keyPath = (text: string, options: RegistryOptions): string => (options.hive === undefined ? text : text.replace(/^\\/, ''));

/** @throws REGISTRY_NOT_FOUND */
export function existingKey(store: RegistryStore, path: string): RegistryKey {
  const key = store.key(path);
  if (key) return key;
  throw new RegistryError('REGISTRY_NOT_FOUND', `${path} is not in ${store.name}`, { path, store: store.name });
}

/** The root of a hive has no name. */
export const shownKey = (path: string): string => printable(path === '' ? '\\' : path);

/** A value's name as it is shown: the default value has none. */
export const shownName = (name: string): string => (name === '' ? '(Default)' : printable(name));

/** What people write for a value: `@` is the default value, as in .reg files, unless there is one of that name. */
export function valueName(key: RegistryKey | undefined, text: string): string {
  return text === '@' && !key?.value('@') ? '' : text;
}
