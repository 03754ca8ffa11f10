import { statSync } from 'node:fs';
import { systemClock, type Clock } from '../../ports/clock.js';
import { systemPlatform } from '../../ports/platform.js';
import { RegistryError } from '../../errors/families.js';
import type { RegistryCapability, RegistryKey, RegistryStore, RegistryValue } from '../registry-store.js';
import { HiveChanges } from './hive-changes.js';
import { HiveKey } from './hive-key.js';
import { HiveTree } from './hive-tree.js';
import { nativePath } from './native-path.js';
import { openBytes, stampOf, type OpenHive } from './open-bytes.js';
import { buildHive } from './build-hive.js';
import { replaceFile } from './replace-file.js';

export interface HiveOptions {
  /** `auto`, the default: when the last write of the hive was not finished, the logs beside it finish it, in memory. */
  readonly logs?: 'auto' | 'ignore';
  /** `read` is the default. */
  readonly mode?: 'read' | 'write';
  /** Where times of changed keys come from; the system's clock by default. */
  readonly clock?: Clock;
}

export interface NewKey {
  readonly className?: string;
  readonly securityDescriptor?: Uint8Array;
}

const READS: readonly RegistryCapability[] = ['class-names', 'security-descriptors', 'last-write', 'any-type'];

/**
 * A hive file as a registry. Paths begin at its root key, whose name is of no importance. Changes are kept in memory; {@link flush}
 * writes the whole hive anew and puts it in the place of the old one.
 */
export class HiveStore implements RegistryStore {
  readonly capabilities: ReadonlySet<RegistryCapability>;
  readonly #clock: Clock;
  #hive: OpenHive;
  #tree: HiveTree;
  #closed = false;

  /** Use `HiveFile.open`. */
  constructor(
    readonly name: string,
    readonly options: HiveOptions = {},
  ) {
    this.#clock = options.clock ?? systemClock;
    this.capabilities = new Set<RegistryCapability>(options.mode === 'write' ? ['write', ...READS] : READS);
    this.#hive = openBytes(name, options.logs ?? 'auto');
    try {
      this.#tree = new HiveTree(this.#hive);
    } catch (error) {
      this.#hive.bytes.close();
      throw error;
    }
  }

  /** What is wrong with the file as a whole, and what became of its logs, in words. Empty: nothing. */
  get notes(): readonly string[] {
    return this.#hive.notes;
  }

  /** How many pieces of the logs were needed; 0 when the hive was clean or no log could be used. */
  get replayed(): number {
    return this.#hive.replay?.applied ?? 0;
  }

  key(path: string): HiveKey | undefined {
    const tree = this.#open();
    const found = tree.locate(path);
    return found && new HiveKey(() => this.#open(), path, found);
  }

  createKey(path: string, options: NewKey = {}): RegistryKey {
    this.#changes().createKey(path, options);
    return this.key(path)!;
  }

  deleteKey(path: string): boolean {
    return this.#changes().deleteKey(path);
  }

  setValue(path: string, value: RegistryValue): void {
    this.#changes().setValue(path, value);
  }

  deleteValue(path: string, name: string): boolean {
    return this.#changes().deleteValue(path, name);
  }

  /**
   * Replaces facts of a key that exists; those that are not given stay. Nanoseconds since 1970 for `lastWrite`, which later changes of
   * the key replace.
   * @throws REGISTRY_READ_ONLY, REGISTRY_NOT_FOUND, REGISTRY_DAMAGED
   */
  setFacts(path: string, facts: NewKey & { readonly lastWrite?: bigint }): void {
    this.#changes().setFacts(path, facts);
  }

  /**
   * @throws REGISTRY_IO when the file cannot be written, or another program changed it since it was opened; it and the changes then are
   * what they were
   * @throws REGISTRY_DAMAGED when something in the hive cannot be read, and would be lost
   */
  flush(): void {
    const tree = this.#open();
    if (!tree.changed) return;
    const image = buildHive(this.#hive, tree, this.#clock.now());
    const old = this.#hive.bytes;
    // Windows replaces no file that is open.
    const mustClose = systemPlatform().os === 'win32';
    if (mustClose) old.close();
    try {
      replaceFile(this.name, image, () => this.#assertUnchanged());
    } catch (error) {
      if (mustClose) old.reopen();
      throw error;
    }
    this.#hive = openBytes(this.name, 'ignore');
    if (!mustClose) old.close();
    this.#tree = new HiveTree(this.#hive, tree.generation + 1);
  }

  /** Changes that were not flushed are lost. */
  [Symbol.dispose](): void {
    if (!this.#closed) this.#hive.bytes.close();
    this.#closed = true;
  }

  /** What another program wrote meanwhile would be lost. */
  #assertUnchanged(): void {
    const now = statSync(nativePath(this.name), { bigint: true, throwIfNoEntry: false });
    if (now && stampOf(now) === this.#hive.stamp) return;
    const message = `${this.name}: changed by another program since it was read; nothing was written`;
    throw new RegistryError('REGISTRY_IO', message, { file: this.name }, { transient: true, hint: 'try again' });
  }

  #open(): HiveTree {
    if (this.#closed) throw new RegistryError('REGISTRY_IO', `${this.name} is closed`, { file: this.name });
    return this.#tree;
  }

  #changes(): HiveChanges {
    const tree = this.#open();
    if (this.options.mode !== 'write') {
      throw new RegistryError('REGISTRY_READ_ONLY', `${this.name} was opened for reading only`, { file: this.name });
    }
    return new HiveChanges(tree, this.#clock);
  }
}
