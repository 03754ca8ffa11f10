import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { isWinbackError, RegistryError } from '../../errors/index.js';
import { KeyTree, walkKeys } from '../key-tree.js';
import { checkKeyPath, checkValueName } from '../registry-name.js';
import { joinKey, type RegistryCapability, type RegistryKey, type RegistryStore, type RegistryValue } from '../registry-store.js';
import { expandRootKey, rootKeyOf } from '../root-keys.js';
import { RegistryFile } from './registry-file.js';

/** The machine's registry file on systems without a registry. */
export const SYSTEM_REGISTRY_FILE = '/etc/winback/registry.json';

export interface RegistryFiles {
  /** Written to. */
  readonly own: string;
  /** Only read; what `own` has goes before it. */
  readonly below?: string | undefined;
  readonly readOnly?: boolean;
}

/**
 * Which files keep the registry of a user on a system that has none: the machine's for root, which looks at no other, whosever
 * environment it runs in; for others their own, above the machine's. `WINBACK_REGISTRY` names another file, which is then the only one.
 */
export function registryFilesOf(userId: number | undefined, env: Readonly<Record<string, string | undefined>>): RegistryFiles {
  const named = env['WINBACK_REGISTRY'];
  if (named !== undefined && named !== '') return { own: named };
  if (userId === 0) return { own: SYSTEM_REGISTRY_FILE };
  const xdg = env['XDG_CONFIG_HOME'];
  // The specification of XDG_CONFIG_HOME says that relative paths are to be ignored.
  const config = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.config');
  return { own: join(config, 'winback', 'registry.json'), below: SYSTEM_REGISTRY_FILE };
}

/** A registry in files of JSON, read when something is first asked for. */
export class FileRegistryStore implements RegistryStore {
  readonly name: string;
  readonly capabilities: ReadonlySet<RegistryCapability>;
  #opened: OpenFiles | undefined;

  constructor(private readonly files: RegistryFiles) {
    this.name = files.own;
    const kept: RegistryCapability[] = ['class-names', 'security-descriptors', 'any-type'];
    this.capabilities = new Set(files.readOnly ? kept : [...kept, 'write']);
  }

  key(path: string): RegistryKey | undefined {
    return this.#open().both.key(expandRootKey(path));
  }

  createKey(path: string, options: { readonly className?: string; readonly securityDescriptor?: Uint8Array } = {}): RegistryKey {
    const key = this.#writablePath(path);
    const { own, both } = this.#open();
    own.tree.create(key, options);
    return both.create(key, options);
  }

  deleteKey(path: string): boolean {
    this.#checkWritable();
    const key = expandRootKey(path);
    const { own, below, both } = this.#open();
    if (below?.tree.key(key)) throw this.#belowOnly(key);
    own.tree.delete(key);
    return both.delete(key);
  }

  setValue(path: string, value: RegistryValue): void {
    const key = this.#writablePath(path);
    checkValueName(value.name);
    const { own, both } = this.#open();
    own.tree.setValue(key, value);
    both.setValue(key, value);
  }

  deleteValue(path: string, name: string): boolean {
    this.#checkWritable();
    const key = expandRootKey(path);
    const { own, below, both } = this.#open();
    const machines = below?.tree.key(key)?.value(name);
    const deleted = own.tree.deleteValue(key, name);
    if (!machines) return both.deleteValue(key, name);
    if (!deleted) throw this.#belowOnly(joinKey(key, name));
    both.setValue(key, machines); // which holds again
    return true;
  }

  flush(): void {
    if (!this.files.readOnly) this.#opened?.own.write();
  }

  [Symbol.dispose](): void {
    this.#opened = undefined;
  }

  #open(): OpenFiles {
    return (this.#opened ??= openFiles(this.files));
  }

  #checkWritable(): void {
    if (this.files.readOnly) throw new RegistryError('REGISTRY_READ_ONLY', `${this.name}: opened for reading only`, { path: this.name });
  }

  #writablePath(path: string): string {
    this.#checkWritable();
    checkKeyPath(path);
    if (rootKeyOf(path) !== undefined) return expandRootKey(path);
    throw new RegistryError(
      'REGISTRY_NAME',
      `${path === '' ? 'the root' : path} cannot be a key of ${this.name}: it does not begin with a root key`,
      { path },
      { hint: 'begin with HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER, HKEY_USERS, HKEY_CLASSES_ROOT or HKEY_CURRENT_CONFIG' },
    );
  }

  #belowOnly(what: string): RegistryError {
    const path = this.files.below ?? '';
    return new RegistryError(
      'REGISTRY_READ_ONLY',
      `${what} is also in ${path}, which is for the whole machine`,
      { key: what, path },
      { hint: 'root can delete it; a value of your own goes before it' },
    );
  }
}

interface OpenFiles {
  readonly own: RegistryFile;
  readonly below: RegistryFile | undefined;
  /** What is read: the one above the other. */
  readonly both: KeyTree;
}

function openFiles({ own: ownPath, below: belowPath }: RegistryFiles): OpenFiles {
  const own = RegistryFile.read(ownPath);
  const below = belowPath === undefined ? undefined : readIfAllowed(belowPath);
  const both = below ? below.tree.clone() : own.tree.clone();
  const root = own.tree.key('');
  for (const key of root && below ? walkKeys(root, (path) => own.tree.key(path)) : []) {
    const { className, securityDescriptor } = key;
    if (key.path !== '') both.create(key.path, { className, securityDescriptor });
    for (const value of key.values()) both.setValue(key.path, value);
  }
  return { own, below, both };
}

/** A machine's file that root keeps to itself holds for root alone. */
function readIfAllowed(path: string): RegistryFile | undefined {
  try {
    return RegistryFile.read(path);
  } catch (error) {
    if (isWinbackError(error, 'REGISTRY_IO') && error.details['errno'] === 'EACCES') return undefined;
    throw error;
  }
}
