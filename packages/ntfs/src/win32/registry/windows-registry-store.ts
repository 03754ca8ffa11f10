import {
  checkKeyPath,
  checkValueName,
  isWinbackError,
  parseSecurityDescriptor,
  PlatformError,
  RegistryError,
  ROOT_KEYS,
  systemPlatform,
  type RegistryCapability,
  type RegistryKey,
  type RegistryStore,
  type RegistryValue,
} from '@winback/core';
import { bindRegistry, KeyAccess, type RegistryApi } from '../ffi/registry.js';
import { bindWin32 } from '../ffi/win32.js';
import { enableBackupPrivileges, type BackupPrivilege } from '../privileges.js';
import { DELETE_ACCESS, deleteTree } from './delete-tree.js';
import { KeyHandles } from './key-handles.js';
import { checkNoNul, pathOf, placeOf, type KeyPlace } from './key-place.js';
import { RegistryCalls, type NewKey } from './registry-calls.js';
import { registryError } from './registry-problems.js';
import { WindowsRegistryKey } from './windows-registry-key.js';

const READS: readonly RegistryCapability[] = [
  'class-names',
  'security-descriptors',
  'last-write',
  'any-type',
  'immediate',
  'unordered-values',
];
const ROOTS_HINT = 'begin with HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER, HKEY_USERS, HKEY_CLASSES_ROOT or HKEY_CURRENT_CONFIG';
/** Hives are at most so many keys below a root key (HKEY_CURRENT_USER\Software\Classes): where a flush begins. */
const HIVE_DEPTH = 2;

export interface WindowsRegistryOptions {
  /** Every change is refused with REGISTRY_READ_ONLY. */
  readonly readOnly?: boolean;
}

/** The calls, and the privileges that this process has enabled. */
export interface RegistrySystem {
  readonly api: RegistryApi;
  readonly privileges: ReadonlySet<BackupPrivilege>;
}

/**
 * The live registry of this Windows system, all of it: paths begin with a root key (`HKEY_LOCAL_MACHINE` or `HKLM`, …), '' has these as
 * its keys. 64-bit programs' view.
 *
 * - Changes are made at once, one by one, for everybody (capability `immediate`): nothing is taken back when a later one fails or nobody
 *   calls {@link flush}, which only waits until the hives that were changed are written to the disk.
 * - What a key's permissions forbid is read all the same, where the account has SeBackupPrivilege. For changes permissions hold.
 * - Links are followed, except by {@link deleteKey}: it deletes a link itself, also below a key, and never what that leads to.
 * - Names with a NUL, which only the kernel's own calls can make: values are listed and read; all else is REGISTRY_NAME.
 * - `HKEY_CLASSES_ROOT` is a view of two trees, laid over each other by Windows; change `HKEY_LOCAL_MACHINE\SOFTWARE\Classes` or
 *   `HKEY_CURRENT_USER\Software\Classes` instead.
 */
export class WindowsRegistryStore implements RegistryStore {
  readonly name = 'the registry of this system';
  readonly capabilities: ReadonlySet<RegistryCapability>;
  /** Keys in whose hives something was changed since the last flush. */
  readonly #changed = new Map<string, KeyPlace>();
  #opened: KeyHandles | undefined;

  constructor(
    private readonly options: WindowsRegistryOptions = {},
    /** Binds the calls of Windows, when something is first asked for. */
    private readonly bind: () => RegistrySystem = bindSystem,
  ) {
    this.capabilities = new Set<RegistryCapability>(options.readOnly ? READS : ['write', ...READS]);
  }

  /** @throws REGISTRY_DAMAGED, REGISTRY_IO, REGISTRY_NAME; PLATFORM_UNSUPPORTED as all of this where there is no Windows */
  key(path: string): RegistryKey | undefined {
    if (path === '') return this.#root();
    const place = placeOf(path);
    return place && WindowsRegistryKey.find(this.#handles(), place);
  }

  /**
   * Class name and security descriptor are for a key that is made; a key that is there keeps its own. A foreign owner takes
   * SeRestorePrivilege, a SACL SeSecurityPrivilege.
   * @throws REGISTRY_READ_ONLY, REGISTRY_IO, REGISTRY_NAME, REGISTRY_VALUE
   */
  createKey(path: string, options: NewKey = {}): RegistryKey {
    const place = this.#writable(path);
    checkFacts(path, options);
    const handles = this.#handles();
    this.#changing(place, () => handles.making(place, KeyAccess.QUERY_VALUE, options, () => true));
    const made = WindowsRegistryKey.find(handles, place);
    if (made) return made;
    throw new RegistryError(
      'REGISTRY_IO',
      `${pathOf(place)}: another program deleted the key while it was made`,
      { path },
      { transient: true },
    );
  }

  /** @throws REGISTRY_READ_ONLY, REGISTRY_IO, REGISTRY_NAME; what was deleted until then is gone */
  deleteKey(path: string): boolean {
    this.#checkWritable();
    const place = placeOf(path);
    if (path === '' || place?.names.length === 0) {
      throw new RegistryError('REGISTRY_NAME', `${path === '' ? 'the root of a registry' : path} cannot be deleted`, { path });
    }
    if (!place) return false;
    const handles = this.#handles();
    return this.#changing(place, () =>
      handles.changing(
        place,
        DELETE_ACCESS,
        (key) => {
          deleteTree(handles.calls, key, pathOf(place));
          return true;
        },
        true,
      ),
    );
  }

  setValue(path: string, { name, type, data }: RegistryValue): void {
    const place = this.#writable(path);
    checkValueName(name);
    checkNoNul(path, name);
    const handles = this.#handles();
    this.#changing(place, () =>
      handles.making(place, KeyAccess.SET_VALUE, {}, (key) => {
        handles.calls.setValue(key, name, type, data);
        return true;
      }),
    );
  }

  deleteValue(path: string, name: string): boolean {
    this.#checkWritable();
    checkNoNul(path, name);
    const place = placeOf(path);
    if (!place) return false;
    const handles = this.#handles();
    return this.#changing(place, () => handles.changing(place, KeyAccess.SET_VALUE, (key) => handles.calls.deleteValue(key, name)));
  }

  /** Waits until what was changed through this store is on the disk. @throws REGISTRY_IO */
  flush(): void {
    for (const [path, place] of this.#changed) {
      try {
        this.#flushAt(place);
      } catch (error) {
        throw registryError(error, 'flushing', path);
      }
      this.#changed.delete(path);
    }
  }

  [Symbol.dispose](): void {
    // nothing is held open
  }

  /** Where a key was deleted, the one above it is in the same hive. */
  #flushAt(place: KeyPlace): void {
    const handles = this.#handles();
    for (let { names } = place; ; names = names.slice(0, -1)) {
      const done = handles.reading({ ...place, names }, (key) => {
        handles.calls.flush(key);
        return true;
      });
      if (done || names.length === 0) return;
    }
  }

  #handles(): KeyHandles {
    if (!this.#opened) {
      const { api, privileges } = this.bind();
      this.#opened = new KeyHandles(new RegistryCalls(api), privileges);
    }
    return this.#opened;
  }

  #root(): RegistryKey {
    return {
      path: '',
      name: '',
      lastWrite: undefined,
      className: undefined,
      securityDescriptor: undefined,
      subkeys: () => Object.values(ROOT_KEYS).filter((name) => this.key(name) !== undefined),
      values: () => [],
      value: () => undefined,
    };
  }

  /** Answers whether `action` says so that it changed something. */
  #changing(place: KeyPlace, action: () => boolean | undefined): boolean {
    let changed: boolean | undefined = true; // also by what fails half way
    try {
      changed = action();
      return changed ?? false;
    } catch (error) {
      throw registryError(error, 'writing', pathOf(place));
    } finally {
      const hive = { ...place, names: place.names.slice(0, HIVE_DEPTH) };
      if (changed) this.#changed.set(pathOf(hive).toUpperCase(), hive);
    }
  }

  #checkWritable(): void {
    if (!this.options.readOnly) return;
    throw new RegistryError('REGISTRY_READ_ONLY', `${this.name}: opened for reading only`, { store: this.name });
  }

  /** @throws REGISTRY_READ_ONLY, REGISTRY_NAME */
  #writable(path: string): KeyPlace {
    this.#checkWritable();
    checkKeyPath(path);
    const place = placeOf(path);
    if (place) return place;
    const what = path === '' ? 'the root' : path;
    throw new RegistryError(
      'REGISTRY_NAME',
      `${what} cannot be a key of ${this.name}: it does not begin with a root key`,
      { path },
      { hint: ROOTS_HINT },
    );
  }
}

/** Windows reads a security descriptor through the lengths in it. */
function checkFacts(path: string, { className = '', securityDescriptor }: NewKey): void {
  checkNoNul(path, className);
  if (!securityDescriptor) return;
  try {
    parseSecurityDescriptor(securityDescriptor);
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    throw new RegistryError(
      'REGISTRY_VALUE',
      `${path}: a key cannot have this security descriptor: ${error.message}`,
      { path },
      { cause: error },
    );
  }
}

const ARCHITECTURES = new Set(['x64', 'arm64']);

/** @throws PLATFORM_UNSUPPORTED */
function bindSystem(): RegistrySystem {
  const { os, arch } = systemPlatform();
  if (os !== 'win32' || !ARCHITECTURES.has(arch)) {
    throw new PlatformError(`the live registry needs Windows and a Node.js of 64 bits, this is ${os} with ${arch}`, { os, arch });
  }
  return { api: bindRegistry(), privileges: enableBackupPrivileges(bindWin32()).enabled };
}
