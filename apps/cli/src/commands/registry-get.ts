import { RegistryError } from '@winback/core/errors';
import { registryTypeName } from '@winback/core/registry';
import type { ExitCode } from '../exit-codes.js';
import type { Session } from '../session.js';
import { table } from '../terminal/format.js';
import { RegistryReport } from './registry-report.js';
import { existingKey, keyPath, openRegistry, shownName, valueName, type RegistryOptions } from './registry-store.js';
import { shownData, valueDocument } from './registry-value-text.js';

/** Prints one value of a key, or all. */
export async function run({ io }: Session, options: RegistryOptions, [text = '', name]: readonly string[]): Promise<ExitCode> {
  using store = await openRegistry(io, options, 'read');
  const key = existingKey(store, keyPath(text, options));
  const report = new RegistryReport(io, options);
  if (name === undefined) {
    const values = report.whole(() => key.values());
    report.say(table(values.map((value) => [shownName(value.name), registryTypeName(value.type), shownData(value)])));
    return report.finish({ path: key.path, values: values.map(valueDocument) });
  }
  const value = key.value(valueName(key, name));
  if (!value) throw new RegistryError('REGISTRY_NOT_FOUND', `${key.path} has no value ${JSON.stringify(name)}`, { path: key.path, name });
  report.say(table([[shownName(value.name), registryTypeName(value.type), shownData(value)]]));
  return report.finish({ path: key.path, ...valueDocument(value) });
}
