import { registryTypeName } from '@winback/core/registry';
import type { ExitCode } from '../exit-codes.js';
import type { Session } from '../session.js';
import { RegistryReport } from './registry-report.js';
import { keyPath, openRegistry, shownKey, shownName, valueName, type RegistryOptions } from './registry-store.js';
import { shownData, typedValue, valueDocument } from './registry-value-text.js';

/** Sets one value; its key is made where it is missing. */
export async function run(
  { io }: Session,
  options: RegistryOptions,
  [text = '', name = '', type = '', ...data]: readonly string[],
): Promise<ExitCode> {
  const typed = typedValue(name, type, data);
  using store = await openRegistry(io, options, 'write');
  const path = keyPath(text, options);
  const value = { ...typed, name: valueName(store.key(path), name) };
  store.setValue(path, value);
  store.flush();
  const report = new RegistryReport(io, options);
  const shown = shownKey(store.key(path)?.path ?? path);
  report.say(`${shown}: ${shownName(value.name)} is ${registryTypeName(value.type)} ${shownData(value)}`.trimEnd() + '\n');
  return report.finish({ path: store.key(path)?.path ?? path, ...valueDocument(value) });
}
