import { RegistryError } from '@winback/core/errors';
import { type RegistryKey, type RegistryStore } from '@winback/core/registry';
import type { ExitCode } from '../exit-codes.js';
import type { Session } from '../session.js';
import { plural } from '../terminal/format.js';
import { RegistryReport } from './registry-report.js';
import { existingKey, keyPath, openRegistry, shownKey, shownName, valueName, type RegistryOptions } from './registry-store.js';

/** Deletes a key with everything below it, or one value. Asks nothing, and says what it did. */
export async function run({ io }: Session, options: RegistryOptions, [text = '', name]: readonly string[]): Promise<ExitCode> {
  using store = await openRegistry(io, options, 'write');
  const key = existingKey(store, keyPath(text, options));
  const { path } = key;
  const report = new RegistryReport(io, options);
  if (name === undefined) {
    const count = countBelow(store, key);
    store.deleteKey(path);
    store.flush();
    report.say(`Deleted ${shownKey(path)}, with ${plural(count.keys, 'key')} below it and ${plural(count.values, 'value')}.\n`);
    return report.finish({ path, deletedKeys: count.keys + 1, deletedValues: count.values });
  }
  const value = valueName(key, name);
  if (!store.deleteValue(path, value)) {
    throw new RegistryError('REGISTRY_NOT_FOUND', `${path} has no value ${JSON.stringify(name)}`, { path, name });
  }
  store.flush();
  report.say(`Deleted the value ${shownName(value)} of ${shownKey(path)}.\n`);
  return report.finish({ path, name: value, deletedKeys: 0, deletedValues: 1 });
}

function countBelow(store: RegistryStore, key: RegistryKey): { readonly keys: number; readonly values: number } {
  let [keys, values] = [0, 0];
  const waiting: RegistryKey[] = [key];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    values += [...next.values()].length;
    for (const name of next.subkeys()) {
      const below = store.key(next.path === '' ? name : `${next.path}\\${name}`);
      if (!below) continue;
      keys++;
      waiting.push(below);
    }
  }
  return { keys, values };
}
