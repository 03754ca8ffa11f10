import type { RegistryError } from '../../errors/index.js';
import { sameName, upcaseName } from '../registry-name.js';
import { expandRootKey } from '../root-keys.js';
import { entryWarning } from './path-rule.js';
import type { BackupKeyEntry } from './setting.js';

/**
 * What stays of the registry that is there when a SYSTEM hive is restored. `replace`: the key with everything below it. `merge`: its
 * subkeys are added to the restored ones. `value`: one value.
 */
export interface KeyRule {
  readonly entry: BackupKeyEntry;
  readonly kind: 'replace' | 'merge' | 'value';
  /** Below HKEY_LOCAL_MACHINE\SYSTEM. */
  readonly key: string;
  /** Of a `value`. */
  readonly valueName: string | undefined;
}

const SYSTEM = 'HKEY_LOCAL_MACHINE\\SYSTEM';

/** What the entries of KeysNotToRestore name: their last character says how. */
export function parseKeysNotToRestore(entries: readonly BackupKeyEntry[]): {
  readonly rules: readonly KeyRule[];
  readonly warnings: readonly RegistryError[];
} {
  const rules: KeyRule[] = [];
  const warnings: RegistryError[] = [];
  for (const entry of entries) {
    const path = belowSystem(entry.text);
    const rule = path === undefined ? 'is not below HKEY_LOCAL_MACHINE\\SYSTEM' : ruleOf(entry, path);
    if (typeof rule === 'string') warnings.push(entryWarning('KeysNotToRestore', entry, rule));
    else rules.push(rule);
  }
  return { rules, warnings };
}

function belowSystem(text: string): string | undefined {
  const path = expandRootKey(text);
  if (!upcaseName(path).startsWith('HKEY_')) return path;
  return upcaseName(path).startsWith(`${SYSTEM}\\`) ? path.slice(SYSTEM.length + 1) : undefined;
}

function ruleOf(entry: BackupKeyEntry, path: string): KeyRule | string {
  const kind = path.endsWith('\\') ? 'replace' : path.endsWith('*') ? 'merge' : 'value';
  const end = kind === 'value' ? path.lastIndexOf('\\') : path.replace(/\\?\*$|\\$/, '').length;
  const key = path.slice(0, Math.max(0, end));
  if (key.split('\\').includes('')) return 'names no key';
  return { entry, kind, key, valueName: kind === 'value' ? path.slice(end + 1) : undefined };
}

/** Says of keys and values which rule keeps them from being restored as they are in the backup. */
export class KeyMatcher {
  constructor(readonly rules: readonly KeyRule[]) {}

  /**
   * The rule for a key, or for one of its values: that of a value before that of a key that is replaced, before that of keys that are merged.
   * @param key below HKEY_LOCAL_MACHINE\SYSTEM, with CurrentControlSet
   */
  match(key: string, valueName?: string): KeyRule | undefined {
    const path = upcaseName(key);
    const isIn = (rule: KeyRule): boolean => path === upcaseName(rule.key) || path.startsWith(`${upcaseName(rule.key)}\\`);
    return (
      this.rules.find(
        (r) => r.valueName !== undefined && valueName !== undefined && sameName(r.valueName, valueName) && sameName(r.key, key),
      ) ??
      this.rules.find((rule) => rule.kind === 'replace' && isIn(rule)) ??
      this.rules.find((rule) => rule.kind === 'merge' && isIn(rule))
    );
  }
}
