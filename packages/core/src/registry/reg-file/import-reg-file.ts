import { RegistryError } from '../../errors/index.js';
import { upcaseName } from '../registry-name.js';
import type { RegistryStore } from '../registry-store.js';
import { rootKeyOf } from '../root-keys.js';
import { parseRegFile, type RegFileItem } from './parse-reg-file.js';

export interface RegImportOptions {
  /**
   * The key that the store's root is in the file: `HKEY_LOCAL_MACHINE\SYSTEM` for a SYSTEM hive. '' for a hive whose keys stand
   * in the file as they are in it. Undefined: a store of a whole system.
   */
  readonly prefix?: string | undefined;
}

/** How many of each there were in the file. */
export interface RegImported {
  readonly keys: number;
  readonly values: number;
  readonly deletedKeys: number;
  readonly deletedValues: number;
}

/**
 * Merges a .reg file into a store. The whole file is read and checked before anything changes. Does not flush.
 * @throws FORMAT_*, REGISTRY_NAME before any change; REGISTRY_READ_ONLY, REGISTRY_IO
 */
export function importRegFile(store: RegistryStore, bytes: Uint8Array, { prefix }: RegImportOptions = {}): RegImported {
  for (const item of parseRegFile(bytes)) pathIn(item, prefix);
  const count = { keys: 0, values: 0, deletedKeys: 0, deletedValues: 0 };
  for (const item of parseRegFile(bytes)) {
    const path = pathIn(item, prefix);
    if (item.kind === 'key') {
      if (path !== '') store.createKey(path);
      count.keys++;
    } else if (item.kind === 'delete-key') {
      count.deletedKeys += Number(store.deleteKey(path));
    } else if (item.kind === 'value') {
      store.setValue(path, item.value);
      count.values++;
    } else {
      count.deletedValues += Number(store.deleteValue(path, item.name));
    }
  }
  return count;
}

function pathIn({ path, inHive, line }: RegFileItem, prefix: string | undefined): string {
  if (prefix === undefined) {
    if (rootKeyOf(path) !== undefined) return path;
    throw refused(path, line, 'does not begin with a root key', 'a file of keys in a hive is imported into a hive');
  }
  if (inHive) return path;
  if (prefix === '') {
    if (rootKeyOf(path) === undefined) return path;
    throw refused(
      path,
      line,
      'begins with a root key, and a hive has none',
      'say which key the hive is, such as HKEY_LOCAL_MACHINE\\SYSTEM',
    );
  }
  if (upcaseName(path) === upcaseName(prefix)) return '';
  if (upcaseName(path).startsWith(`${upcaseName(prefix)}\\`)) return path.slice(prefix.length + 1);
  throw refused(path, line, `is not below ${prefix}`, undefined);
}

const refused = (path: string, line: number, why: string, hint: string | undefined): RegistryError =>
  new RegistryError('REGISTRY_NAME', `.reg file, line ${String(line)}: ${path} ${why}`, { path, line }, { hint });
