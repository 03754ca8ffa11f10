import { token } from '../token.js';

/** REG_* (winnt.h). Others occur: SAM uses the type as data. */
export const RegistryType = {
  NONE: 0,
  SZ: 1,
  EXPAND_SZ: 2,
  BINARY: 3,
  DWORD: 4,
  DWORD_BIG_ENDIAN: 5,
  LINK: 6,
  MULTI_SZ: 7,
  RESOURCE_LIST: 8,
  FULL_RESOURCE_DESCRIPTOR: 9,
  RESOURCE_REQUIREMENTS_LIST: 10,
  QWORD: 11,
} as const;

export interface RegistryValue {
  /** As it is spelled; '' is the key's default value. */
  readonly name: string;
  /** {@link RegistryType}, or any other 32 bits. */
  readonly type: number;
  /** As it is stored: strings are UTF-16 little-endian, mostly ended by NUL. */
  readonly data: Uint8Array;
}

/** One key. Names are compared without regard to case, and kept as they are spelled. */
export interface RegistryKey {
  /** From the store's root, parts joined by `\`; '' is the root itself. */
  readonly path: string;
  /** The last part of the path, as the store spells it. */
  readonly name: string;
  /** Nanoseconds since 1970, as {@link FileTimes}; undefined where the store does not keep it. */
  readonly lastWrite: bigint | undefined;
  /** @throws REGISTRY_DAMAGED, REGISTRY_IO */
  readonly className: string | undefined;
  /** Self-relative SECURITY_DESCRIPTOR; undefined where the store does not keep it. @throws REGISTRY_DAMAGED, REGISTRY_IO */
  readonly securityDescriptor: Uint8Array | undefined;
  /**
   * Names, in the order of the store. What can be read comes first; REGISTRY_DAMAGED is thrown after it, when something cannot, so that
   * whoever catches it round the loop goes on with the rest. @throws REGISTRY_DAMAGED, REGISTRY_IO
   */
  subkeys(): Iterable<string>;
  /** In the order of the store; damage is told as in {@link subkeys}. @throws REGISTRY_DAMAGED, REGISTRY_IO */
  values(): Iterable<RegistryValue>;
  /** Undefined: there is none of that name. @throws REGISTRY_DAMAGED, REGISTRY_IO */
  value(name: string): RegistryValue | undefined;
}

/**
 * `immediate`: changes are made at once, one by one, as on a live system; elsewhere they become durable together, in `flush`.
 * `unordered-values`: values come in an order of the system's own; elsewhere in that in which they were set first.
 */
export type RegistryCapability =
  'write' | 'class-names' | 'security-descriptors' | 'last-write' | 'any-type' | 'immediate' | 'unordered-values';

/**
 * Keys and values: the live registry of a Windows system, a hive file, a file of Winback's own. Paths begin with a root key
 * (`HKEY_LOCAL_MACHINE\SYSTEM\…`) in stores of a whole system, and at the hive's root in a hive. Synchronous: stores are local and small.
 */
export interface RegistryStore extends Disposable {
  /** Shown to people: `the registry of this system`, a file's path. */
  readonly name: string;
  readonly capabilities: ReadonlySet<RegistryCapability>;
  /** Undefined: there is no such key. @throws REGISTRY_DAMAGED, REGISTRY_IO */
  key(path: string): RegistryKey | undefined;
  /** Makes a key, and those above it, where they are missing. @throws REGISTRY_READ_ONLY, REGISTRY_IO, REGISTRY_NAME */
  createKey(path: string, options?: { readonly className?: string; readonly securityDescriptor?: Uint8Array }): RegistryKey;
  /** Deletes a key with all below it. False: there was none. @throws REGISTRY_READ_ONLY, REGISTRY_IO */
  deleteKey(path: string): boolean;
  /** Sets a value of a key, which is made where it is missing. @throws REGISTRY_READ_ONLY, REGISTRY_IO, REGISTRY_NAME */
  setValue(path: string, value: RegistryValue): void;
  /** False: there was none. @throws REGISTRY_READ_ONLY, REGISTRY_IO */
  deleteValue(path: string, name: string): boolean;
  /**
   * Makes all changes durable at once: after a crash there is either what was before or all of them. Where they are `immediate`, waits
   * until they are on the disk. @throws REGISTRY_IO
   */
  flush(): void;
}
/** The registry of the system that this runs on. */
export const REGISTRY_STORE = token<RegistryStore>('@winback/core/RegistryStore');

export const joinKey = (parent: string, name: string): string => (parent === '' ? name : `${parent}\\${name}`);
