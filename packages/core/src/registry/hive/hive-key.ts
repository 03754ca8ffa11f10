import { fromFileTime } from '../../facts/file-times.js';
import { RegistryError } from '../../errors/families.js';
import type { RegistryKey, RegistryValue } from '../registry-store.js';
import type { EditedValue, Located } from './hive-edits.js';
import { upperName } from './hive-names.js';
import { hasNoValues, type HiveTree } from './hive-tree.js';
import { CellProblem, damagedKey, naming, PROBLEMS_MAX, type HiveProblem } from './problems.js';

/**
 * One key of a hive, as it is now: it sees changes that are made after it was asked for. Iterators give everything that can be read
 * first and throw REGISTRY_DAMAGED at their end, if something cannot.
 */
export class HiveKey implements RegistryKey {
  #found: Located;
  #generation: number;
  readonly name: string;

  constructor(
    readonly tree: () => HiveTree,
    readonly path: string,
    found: Located,
  ) {
    this.#found = found;
    this.#generation = tree().generation;
    this.name = found.edit?.name ?? found.node?.name ?? '';
  }

  /** @throws REGISTRY_NOT_FOUND when it was deleted since */
  #now(): Located {
    const tree = this.tree();
    if (tree.generation === this.#generation) return this.#found;
    const found = tree.locate(this.path);
    if (!found) throw new RegistryError('REGISTRY_NOT_FOUND', `${this.path} was deleted from ${tree.file}`, { path: this.path });
    this.#generation = tree.generation;
    return (this.#found = found);
  }

  #reading<T>(read: () => T): T {
    return naming(this.tree().file, this.path, read);
  }

  get lastWrite(): bigint | undefined {
    const { node, edit } = this.#now();
    return fromFileTime(edit?.lastWrite ?? node?.lastWrite ?? 0n);
  }

  /** @throws REGISTRY_DAMAGED */
  get className(): string | undefined {
    const { node, edit } = this.#now();
    if (edit?.className !== undefined) return edit.className === '' ? undefined : edit.className;
    return node && this.#reading(() => this.tree().cells.className(node));
  }

  /** @throws REGISTRY_DAMAGED */
  get securityDescriptor(): Uint8Array | undefined {
    const { node, edit } = this.#now();
    return edit?.securityDescriptor?.slice() ?? (node && this.#reading(() => this.tree().cells.security(node)));
  }

  /** Such a key has no values, and can have none. */
  get isPredefinedHandle(): boolean {
    const { node } = this.#now();
    return node !== undefined && hasNoValues(node);
  }

  *subkeys(): Generator<string> {
    const tree = this.tree();
    const { names, problems } = this.#reading(() => tree.children(this.#now()));
    yield* names;
    if (problems.length > 0) throw damagedKey(tree.file, this.path, problems);
  }

  *values(): Generator<RegistryValue> {
    const tree = this.tree();
    const { values, problems } = this.#reading(() => tree.values(this.#now()));
    const all: HiveProblem[] = [...problems];
    for (const value of values) {
      const data = this.#tryData(value);
      if (!(data instanceof CellProblem)) yield { name: value.name, type: value.type, data };
      else if (all.push(data) >= PROBLEMS_MAX) break;
    }
    if (all.length > 0) throw damagedKey(tree.file, this.path, all);
  }

  /** @throws REGISTRY_DAMAGED when its data, or perhaps the value itself, cannot be read */
  value(name: string): RegistryValue | undefined {
    const tree = this.tree();
    const upper = upperName(name);
    const { values, problems } = this.#reading(() => tree.values(this.#now()));
    for (const value of values) {
      if (value.name.length !== name.length || upperName(value.name) !== upper) continue;
      return { name: value.name, type: value.type, data: this.#reading(() => tree.data(value)) };
    }
    if (problems.length > 0) throw damagedKey(tree.file, this.path, problems);
    return undefined;
  }

  #tryData(value: EditedValue): Uint8Array | CellProblem {
    try {
      const data = this.tree().data(value);
      return value.offset === undefined ? data.slice() : data;
    } catch (error) {
      if (!(error instanceof CellProblem)) throw error;
      return new CellProblem(`value ${JSON.stringify(value.name)}: ${error.message}`, error.offset);
    }
  }
}
