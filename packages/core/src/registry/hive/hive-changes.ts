import { toFileTime } from '../../facts/file-times.js';
import { isWinbackError } from '../../errors/winback-error.js';
import { RegistryError } from '../../errors/families.js';
import type { Clock } from '../../ports/clock.js';
import { parseSecurityDescriptor } from '../../security/security-descriptor.js';
import { checkKeyPath, checkValueName, splitKey } from '../registry-name.js';
import type { RegistryValue } from '../registry-store.js';
import { EditedKey } from './hive-edits.js';
import type { NewKey } from './hive-store.js';
import { upperName } from './hive-names.js';
import { hasNoValues, type HiveTree } from './hive-tree.js';
import { SEGMENT_BYTES } from './cells.layout.js';

const CLASS_NAME_MAX = 32_767;
const DATA_MAX = 0xffff * SEGMENT_BYTES;

/** Changes keys and values in memory. */
export class HiveChanges {
  constructor(
    readonly tree: HiveTree,
    readonly clock: Clock,
  ) {}

  createKey(path: string, options: NewKey): void {
    if (this.tree.locate(path)) return;
    checkFacts(options);
    checkKeyPath(path);
    const parts = splitKey(path);
    let parent = '';
    let key = this.tree.root;
    for (const [i, part] of parts.entries()) {
      const here = parts.slice(0, i + 1).join('\\');
      const existing = this.tree.edit(here);
      key = existing ?? this.#add(key, parent, part, i === parts.length - 1 ? options : {});
      parent = here;
    }
  }

  #add(parent: EditedKey, parentPath: string, name: string, { className, securityDescriptor }: NewKey): EditedKey {
    const key = new EditedKey(name, undefined);
    if (className !== undefined && className !== '') key.className = className;
    if (securityDescriptor) key.securityDescriptor = securityDescriptor.slice();
    this.tree.editChildren(parent, parentPath).set(upperName(name), key);
    this.#touch(parent);
    this.#touch(key);
    this.tree.forget();
    return key;
  }

  deleteKey(path: string): boolean {
    if (path === '') throw nameError(path, `the root key of ${this.tree.file} cannot be deleted`);
    const found = this.tree.locate(path);
    if (!found) return false;
    const name = found.edit?.name ?? found.node!.name;
    const parentPath = this.tree.parentPath(path, name);
    const parent = this.tree.edit(parentPath)!;
    this.tree.editChildren(parent, parentPath).delete(upperName(name));
    this.#touch(parent);
    this.tree.forget();
    return true;
  }

  setValue(path: string, { name, type, data }: RegistryValue): void {
    checkValueName(name);
    if (!Number.isInteger(type) || type < 0 || type > 0xffff_ffff) throw valueError(path, name, 'its type is not a 32-bit number');
    if (data.length > DATA_MAX) throw valueError(path, name, `a hive has room for ${String(DATA_MAX)} bytes at most`);
    this.createKey(path, {});
    const key = this.tree.edit(path)!;
    if (key.node && hasNoValues(key.node)) throw valueError(path, name, 'the key is a predefined handle, which has none');
    const values = this.tree.editValues(key, path);
    const upper = upperName(name);
    // Windows keeps the spelling that a value was made with.
    values.set(upper, { offset: undefined, name: values.get(upper)?.name ?? name, type, data: data.slice() });
    this.#touch(key);
  }

  deleteValue(path: string, name: string): boolean {
    const found = this.tree.locate(path);
    if (!found || (found.node && hasNoValues(found.node))) return false;
    const upper = upperName(name);
    const { values, problems } = this.tree.values(found);
    let present = problems.length > 0;
    for (const value of values) present ||= upperName(value.name) === upper;
    if (!present) return false;
    const key = this.tree.edit(path)!;
    const deleted = this.tree.editValues(key, path).delete(upper);
    if (deleted) this.#touch(key);
    return deleted;
  }

  setFacts(path: string, facts: NewKey & { readonly lastWrite?: bigint }): void {
    checkFacts(facts);
    const key = this.tree.edit(path);
    if (!key) throw new RegistryError('REGISTRY_NOT_FOUND', `${path} does not exist in ${this.tree.file}`, { path });
    this.#touch(key);
    if (facts.className !== undefined) key.className = facts.className;
    if (facts.securityDescriptor) key.securityDescriptor = facts.securityDescriptor.slice();
    if (facts.lastWrite !== undefined) key.lastWrite = toFileTime(facts.lastWrite);
  }

  #touch(key: EditedKey): void {
    key.lastWrite = toFileTime(this.clock.now());
    this.tree.changed = true;
  }
}

const nameError = (path: string, why: string): RegistryError => new RegistryError('REGISTRY_NAME', why, { path });
const valueError = (path: string, name: string, why: string): RegistryError =>
  new RegistryError('REGISTRY_VALUE', `value ${JSON.stringify(name)} of ${path} cannot be set: ${why}`, { path, name });

/** Windows refuses a whole hive for one wrong security descriptor. */
function checkFacts({ className = '', securityDescriptor }: NewKey): void {
  if (className.length > CLASS_NAME_MAX) throw nameError('', `a class name can have ${String(CLASS_NAME_MAX)} characters at most`);
  if (!securityDescriptor) return;
  try {
    parseSecurityDescriptor(securityDescriptor);
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    throw new RegistryError('REGISTRY_VALUE', `a key cannot have this security descriptor: ${error.message}`, {}, { cause: error });
  }
}
