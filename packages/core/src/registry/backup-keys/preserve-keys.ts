import { walkKeys } from '../key-tree.js';
import { joinKey, type RegistryStore } from '../registry-store.js';
import { decodeNumber } from '../value-data.js';
import type { KeyRule } from './keys-not-to-restore.js';
import type { MachineHives } from './machine-hives.js';

/** What became of a rule. */
export interface PreservedKey {
  readonly rule: KeyRule;
  /** Keys or values that were copied, with their paths in the restored registry. None: nothing of the rule's was there. */
  readonly copied: readonly string[];
}

/**
 * Applies KeysNotToRestore to a SYSTEM hive that was restored: what the rules name is copied from the registry that was there before.
 * A key to be replaced is deleted first. Of keys to be merged, those that the restored registry lacks are copied; of a service in both,
 * the restored key stays, but takes a Start that comes earlier, and all of the other key where it has no Start at all. Does not flush.
 * @throws REGISTRY_READ_ONLY, REGISTRY_IO, REGISTRY_DAMAGED
 */
export function preserveKeys(existing: MachineHives, restored: MachineHives, rules: readonly KeyRule[]): PreservedKey[] {
  return rules.map((rule) => {
    const from = existing.path('SYSTEM', rule.key);
    const to = restored.path('SYSTEM', rule.key);
    if (from === undefined || to === undefined) return { rule, copied: [] };
    const copy = new KeyCopy(existing.store, restored.store);
    if (rule.kind === 'replace') copy.replace(from, to);
    else if (rule.kind === 'merge') copy.merge(from, to);
    else copy.value(from, to, rule.valueName ?? '');
    return { rule, copied: copy.copied };
  });
}

class KeyCopy {
  readonly copied: string[] = [];
  constructor(
    private readonly source: RegistryStore,
    private readonly target: RegistryStore,
  ) {}

  replace(from: string, to: string): void {
    if (!this.source.key(from)) return;
    this.target.deleteKey(to);
    this.#tree(from, to);
  }

  value(from: string, to: string, name: string): void {
    const value = this.source.key(from)?.value(name);
    if (!value) return;
    this.target.setValue(to, value);
    this.copied.push(joinKey(to, name));
  }

  merge(from: string, to: string): void {
    for (const name of this.source.key(from)?.subkeys() ?? []) {
      const [source, target] = [joinKey(from, name), joinKey(to, name)];
      const before = this.#start(this.source, source);
      const after = this.#start(this.target, target);
      if (!this.target.key(target) || (before !== undefined && after === undefined)) this.#tree(source, target);
      else if (before !== undefined && after !== undefined && before < after) this.value(source, target, 'Start');
    }
  }

  #start(store: RegistryStore, path: string): bigint | undefined {
    const value = store.key(path)?.value('Start');
    return value && decodeNumber(value);
  }

  #tree(from: string, to: string): void {
    const top = this.source.key(from);
    if (!top) return;
    for (const key of walkKeys(top, (path) => this.source.key(path))) {
      const path = to + key.path.slice(top.path.length);
      const { className, securityDescriptor } = key;
      this.target.createKey(path, {
        ...(className === undefined ? {} : { className }),
        ...(securityDescriptor === undefined ? {} : { securityDescriptor }),
      });
      for (const value of key.values()) this.target.setValue(path, value);
    }
    this.copied.push(to);
  }
}
