import type { RegistryError } from '../../errors/index.js';
import { stringValue } from '../value-data.js';
import { BACKUP_KEYS } from './backup-key.js';
import { readBackupSettings } from './backup-settings.js';
import { parseKeysNotToRestore } from './keys-not-to-restore.js';
import type { MachineHives } from './machine-hives.js';
import { preserveKeys, type PreservedKey } from './preserve-keys.js';
import type { BackupKeyEntry } from './setting.js';

/** What KeysNotToRestore kept of the registry that was there before a SYSTEM hive was restored. */
export interface KeptKeys {
  /** Entries in both registries, each counted once. */
  readonly entries: number;
  /** Those that kept something. */
  readonly kept: readonly PreservedKey[];
  /** Entries and values that make no sense: they keep nothing. REGISTRY_VALUE. */
  readonly warnings: readonly RegistryError[];
}

/**
 * Applies the entries of KeysNotToRestore, those of both registries as Microsoft advises, to a SYSTEM hive that was restored. Does not flush.
 * @throws REGISTRY_READ_ONLY, REGISTRY_IO, REGISTRY_DAMAGED
 */
export function keepKeysNotToRestore(existing: MachineHives, restored: MachineHives): KeptKeys {
  const settings = [existing, restored].map((hives) => readBackupSettings(hives.store, hives).keysNotToRestore);
  const found = settings.flatMap(({ value }) => value);
  const entries = [...new Map(found.map((entry): [string, BackupKeyEntry] => [`${entry.name}\0${entry.text}`, entry])).values()];
  const { rules, warnings } = parseKeysNotToRestore(entries);
  const kept = preserveKeys(existing, restored, rules).filter(({ copied }) => copied.length > 0);
  return { entries: entries.length, kept, warnings: [...settings.flatMap((setting) => setting.warnings), ...warnings] };
}

/**
 * Says in a registry that its system state was restored. Not to be used where the boot and system volumes were restored whole.
 * @param id any text that nobody used before
 */
export function renewLastRestoreId(hives: MachineHives, id: string): void {
  const { hive, key, valueName } = BACKUP_KEYS.lastRestoreId;
  const path = hives.path(hive, key);
  if (path !== undefined) hives.store.setValue(path, stringValue(valueName, id));
}
