import { registryTypeName } from '@winback/core/registry';
import type { ExitCode } from '../exit-codes.js';
import type { Session } from '../session.js';
import { table } from '../terminal/format.js';
import { RegistryReport } from './registry-report.js';
import { existingKey, keyPath, openRegistry, shownKey, shownName, type RegistryOptions } from './registry-store.js';
import { shownData, valueDocument } from './registry-value-text.js';
import { printable } from '../terminal/printable.js';

/** Lists the keys and values of one key. */
export async function run({ io }: Session, options: RegistryOptions, [text = '']: readonly string[]): Promise<ExitCode> {
  using store = await openRegistry(io, options, 'read');
  const key = existingKey(store, keyPath(text, options));
  const report = new RegistryReport(io, options);
  const keys = report.whole(() => key.subkeys());
  const values = report.whole(() => key.values());
  report.say(`${shownKey(key.path)}\n`);
  report.say(
    table([
      ...keys.map((name) => ['  key', printable(name)]),
      ...values.map((value) => ['  value', shownName(value.name), registryTypeName(value.type), shownData(value)]),
    ]),
  );
  return report.finish({ path: key.path, keys, values: values.map(valueDocument) });
}
