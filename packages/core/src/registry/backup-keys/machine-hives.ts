import { RegistryError } from '../../errors/index.js';
import { joinKey, type RegistryStore } from '../registry-store.js';
import { decodeNumber } from '../value-data.js';
import type { MachineHive } from './backup-key.js';

const CURRENT = 'CurrentControlSet';

/** What a store holds of a machine: all of it, or one hive. */
export type MachineStoreKind = 'system' | MachineHive;

/** Finds the keys of a machine in a store of a whole system, or in an offline SYSTEM or SOFTWARE hive. */
export class MachineHives {
  readonly kind: MachineStoreKind;
  /** What CurrentControlSet is in an offline SYSTEM hive: `ControlSet001`. */
  readonly controlSet: string | undefined;
  /** What was odd about the store. */
  readonly warnings: readonly RegistryError[];

  /** @param kind undefined: found out by the keys that the store begins with */
  constructor(
    readonly store: RegistryStore,
    kind?: MachineStoreKind,
  ) {
    this.kind = kind ?? kindOf(store);
    const warnings: RegistryError[] = [];
    this.controlSet = this.kind === 'SYSTEM' ? currentControlSet(store, warnings) : undefined;
    this.warnings = warnings;
  }

  /** Where a key of a hive is in the store; undefined: it is in another hive. */
  path(hive: MachineHive, key: string): string | undefined {
    if (this.kind === 'system') return joinKey(`HKEY_LOCAL_MACHINE\\${hive}`, key);
    if (this.kind !== hive) return undefined;
    if (this.controlSet === undefined || !isBelowCurrent(key)) return key;
    return this.controlSet + key.slice(CURRENT.length);
  }
}

const isBelowCurrent = (key: string): boolean => {
  const upper = key.toUpperCase();
  return upper === CURRENT.toUpperCase() || upper.startsWith(`${CURRENT.toUpperCase()}\\`);
};

function kindOf(store: RegistryStore): MachineStoreKind {
  if (store.key('HKEY_LOCAL_MACHINE')) return 'system';
  if (store.key('Select') ?? store.key('ControlSet001')) return 'SYSTEM';
  return store.key('Microsoft') ? 'SOFTWARE' : 'system';
}

/** Select\Current is the number of the set that the system started with last. */
function currentControlSet(store: RegistryStore, warnings: RegistryError[]): string {
  const value = store.key('Select')?.value('Current');
  const number = value && decodeNumber(value);
  const isNumber = number !== undefined && number > 0n && number < 1000n;
  const set = `ControlSet${(isNumber ? number : 1n).toString().padStart(3, '0')}`;
  if (!isNumber) warnings.push(odd(store, 'Select\\Current names no control set', `${set} is taken`));
  else if (!store.key(set)) warnings.push(odd(store, `Select\\Current names ${set}, which is not there`, undefined));
  return set;
}

const odd = (store: RegistryStore, what: string, hint: string | undefined): RegistryError =>
  new RegistryError('REGISTRY_VALUE', `${store.name}: ${what}`, { store: store.name, key: 'Select', value: 'Current' }, { hint });
