import { RegistryError } from '../errors/index.js';
import { KeyTree } from './key-tree.js';
import { checkKeyPath, checkValueName } from './registry-name.js';
import type { RegistryCapability, RegistryKey, RegistryStore, RegistryValue } from './registry-store.js';

const CAPABILITIES: readonly RegistryCapability[] = ['class-names', 'security-descriptors', 'any-type'];

/** A registry in memory: for tests, and for what is built to be written elsewhere. Takes paths with and without a root key. */
export class MemoryRegistryStore implements RegistryStore {
  readonly capabilities: ReadonlySet<RegistryCapability>;
  #tree: KeyTree;
  /** Shared with the stores that {@link reopen} gives. */
  readonly #durable: { tree: KeyTree };

  constructor(
    readonly name = 'a registry in memory',
    private readonly options: { readonly readOnly?: boolean } = {},
    durable: { tree: KeyTree } = { tree: new KeyTree() },
  ) {
    this.capabilities = new Set(options.readOnly ? CAPABILITIES : [...CAPABILITIES, 'write']);
    this.#durable = durable;
    this.#tree = durable.tree.clone();
  }

  key(path: string): RegistryKey | undefined {
    return this.#tree.key(path);
  }

  createKey(path: string, options: { readonly className?: string; readonly securityDescriptor?: Uint8Array } = {}): RegistryKey {
    this.#checkWritable();
    checkKeyPath(path);
    return this.#tree.create(path, options);
  }

  deleteKey(path: string): boolean {
    this.#checkWritable();
    return this.#tree.delete(path);
  }

  setValue(path: string, value: RegistryValue): void {
    this.#checkWritable();
    checkKeyPath(path);
    checkValueName(value.name);
    this.#tree.setValue(path, value);
  }

  deleteValue(path: string, name: string): boolean {
    this.#checkWritable();
    return this.#tree.deleteValue(path, name);
  }

  flush(): void {
    if (!this.options.readOnly) this.#durable.tree = this.#tree.clone();
  }

  /** What another process would see, or this one after a crash: everything up to the last flush. */
  reopen(options: { readonly readOnly?: boolean } = {}): MemoryRegistryStore {
    return new MemoryRegistryStore(this.name, options, this.#durable);
  }

  [Symbol.dispose](): void {
    // nothing is held
  }

  #checkWritable(): void {
    if (this.options.readOnly) throw new RegistryError('REGISTRY_READ_ONLY', `${this.name}: opened for reading only`, { store: this.name });
  }
}
