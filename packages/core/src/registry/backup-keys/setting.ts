import { RegistryError } from '../../errors/index.js';
import { joinKey, RegistryType, type RegistryValue } from '../registry-store.js';
import { decodeMultiString, decodeNumber, decodeString, registryTypeName } from '../value-data.js';
import type { BackupKey } from './backup-key.js';
import type { MachineHives } from './machine-hives.js';

/** What a backup key says. */
export interface Setting<T> {
  readonly key: BackupKey;
  /** The key in the store; undefined: this store cannot have it, for it holds another hive. */
  readonly path: string | undefined;
  readonly value: T;
  /** Whether the registry says so, or nothing does. */
  readonly source: 'registry' | 'default';
  /** What the registry says and cannot mean: REGISTRY_VALUE. */
  readonly warnings: readonly RegistryError[];
}

/** A string of an entry in a key of entries. */
export interface BackupKeyEntry {
  /** The value's name, which says whose entry it is. */
  readonly name: string;
  readonly text: string;
}

/** Turns a value's data into what it means. Answers with a text instead where it cannot: the reason. */
type Reads<T> = (value: RegistryValue) => { readonly value: T } | string;

/** Reads a key of one value. */
export function readSetting<T>(
  hives: MachineHives,
  key: BackupKey & { readonly valueName: string },
  otherwise: T,
  reads: Reads<T>,
): Setting<T> {
  const path = hives.path(key.hive, key.key);
  const found = path === undefined ? undefined : hives.store.key(path)?.value(key.valueName);
  if (path === undefined || !found) return { key, path, value: otherwise, source: 'default', warnings: [] };
  const read = reads(found);
  if (typeof read !== 'string') return { key, path, value: read.value, source: 'registry', warnings: [] };
  return { key, path, value: otherwise, source: 'default', warnings: [warning(path, found.name, read, key)] };
}

/** Reads a key whose values are entries; values of another type are left out. */
export function readEntries(hives: MachineHives, key: BackupKey): Setting<readonly BackupKeyEntry[]> {
  const path = hives.path(key.hive, key.key);
  const found = path === undefined ? undefined : hives.store.key(path);
  if (path === undefined || !found) return { key, path, value: [], source: 'default', warnings: [] };
  const warnings: RegistryError[] = [];
  const entries: BackupKeyEntry[] = [];
  for (const value of found.values()) {
    if (value.type === RegistryType.MULTI_SZ) entries.push(...decodeMultiString(value.data).map((text) => ({ name: value.name, text })));
    else warnings.push(warning(path, value.name, expected(RegistryType.MULTI_SZ, value), key));
  }
  return { key, path, value: entries, source: entries.length > 0 ? 'registry' : 'default', warnings };
}

const expected = (type: number, value: RegistryValue): string =>
  `is ${registryTypeName(value.type)} of ${String(value.data.length)} bytes, and ${registryTypeName(type)} was expected`;

const warning = (path: string, name: string, why: string, key: BackupKey): RegistryError =>
  new RegistryError(
    'REGISTRY_VALUE',
    `${joinKey(path, name)} ${why}`,
    { key: path, value: name },
    {
      hint:
        key.valueName === undefined ? `it is ignored; expected: ${key.range}` : `it is taken for ${key.otherwise}; expected: ${key.range}`,
    },
  );

/** A REG_DWORD within a range. */
export const number =
  (least: number, most: number): Reads<number> =>
  (value) => {
    const read = value.type === RegistryType.DWORD ? decodeNumber(value) : undefined;
    if (read === undefined) return expected(RegistryType.DWORD, value);
    return read < BigInt(least) || read > BigInt(most) ? `is ${String(read)}` : { value: Number(read) };
  };

/** A REG_SZ that is not empty. */
export const text: Reads<string> = (value) => {
  if (value.type !== RegistryType.SZ) return expected(RegistryType.SZ, value);
  const read = decodeString(value.data);
  return read === '' ? 'is empty' : { value: read };
};

export const strings: Reads<readonly string[]> = (value) =>
  value.type === RegistryType.MULTI_SZ ? { value: decodeMultiString(value.data) } : expected(RegistryType.MULTI_SZ, value);

/** Goes on with what was read. */
export const further =
  <A, B>(reads: Reads<A>, next: (value: A) => B | undefined, why: (value: A) => string): Reads<B> =>
  (value) => {
    const read = reads(value);
    if (typeof read === 'string') return read;
    const made = next(read.value);
    return made === undefined ? why(read.value) : { value: made };
  };
