import {
  joinKey,
  MachineHives,
  parseFilesNotToBackup,
  parseFilesNotToSnapshot,
  parseKeysNotToRestore,
  readBackupSettings,
  type BackupKeyEntry,
  type BackupSettings,
} from '@winback/core/registry';
import type { RegistryError } from '@winback/core/errors';
import type { ExitCode } from '../exit-codes.js';
import type { Session } from '../session.js';
import { printable } from '../terminal/printable.js';
import { effectsOf } from './registry-effects.js';
import { RegistryReport } from './registry-report.js';
import { openRegistry, type RegistryOptions } from './registry-store.js';

/** Explains what the keys for backup and restore say, and what follows. */
export async function run({ io }: Session, options: RegistryOptions): Promise<ExitCode> {
  using store = await openRegistry(io, options, 'read');
  const hives = new MachineHives(store, options.hive === undefined ? 'system' : undefined);
  const settings = readBackupSettings(store, hives);
  const effects = effectsOf(settings).filter(({ setting }) => setting.path !== undefined);
  const report = new RegistryReport(io, options);
  for (const warning of hives.warnings) report.note(warning);
  for (const { setting, words } of effects) {
    for (const warning of setting.warnings) report.note(warning);
    const where = setting.key.valueName === undefined ? (setting.path ?? '') : joinKey(setting.path ?? '', setting.key.valueName);
    const source = setting.source === 'registry' ? 'set' : 'not set';
    report.say(`${setting.key.name} (${source})\n${[where, ...words].map((line) => `  ${printable(line)}\n`).join('')}`);
  }
  for (const warning of ignoredEntries(settings)) report.note(warning);
  return report.finish({
    store: store.name,
    keys: effects.map(({ setting: { key, path, value, source }, words }) => ({
      name: key.name,
      path,
      valueName: key.valueName ?? null,
      source,
      value: value instanceof Map ? Object.fromEntries(value as ReadonlyMap<string, string>) : (value ?? null),
      effect: words,
      default: key.otherwise,
      range: key.range,
      readBy: key.readBy,
    })),
  });
}

/** Entries that cannot be meant, whatever their variables stand for: nothing is done for them. */
function ignoredEntries({ filesNotToBackup, filesNotToSnapshot, keysNotToRestore }: BackupSettings): RegistryError[] {
  const plain = (entries: readonly BackupKeyEntry[]): BackupKeyEntry[] =>
    entries.map(({ name, text }) => ({ name, text: text.replace(/^%[^%\\/]+%/, 'C:\\x').replace(/%[^%\\/]+%/g, 'x') }));
  return [
    ...parseFilesNotToBackup(plain(filesNotToBackup.value)).warnings,
    ...parseFilesNotToSnapshot(plain(filesNotToSnapshot.value), { userProfiles: ['C:\\x'] }).warnings,
    ...parseKeysNotToRestore(keysNotToRestore.value).warnings,
  ];
}
