import { KeyFlag } from './cells.layout.js';
import { HiveCells, type HiveNode } from './hive-cells.js';
import { EditedKey, type EditedValue, type Located } from './hive-edits.js';
import { HiveLists } from './hive-lists.js';
import { upperName } from './hive-names.js';
import { damagedKey, naming, type HiveProblem } from './problems.js';
import type { OpenHive } from './open-bytes.js';

/** Windows makes no more than 512. */
const DEPTH_MAX = 1024;
const CACHE_MAX = 20_000;

export interface Children {
  readonly names: Iterable<string>;
  readonly problems: readonly HiveProblem[];
}

/** The keys of a hive with what was changed in them, found by path. */
export class HiveTree {
  readonly file: string;
  readonly cells: HiveCells;
  readonly lists: HiveLists;
  readonly root: EditedKey;
  changed = false;
  readonly #found = new Map<string, Located>();

  /** @throws REGISTRY_DAMAGED when there is no root key */
  constructor(
    hive: OpenHive,
    /** Counted up when keys come or go. */
    public generation = 0,
  ) {
    this.file = hive.bytes.file;
    this.cells = new HiveCells(hive.bytes);
    const node = naming(this.file, '', () => this.cells.node(hive.base.rootCell));
    this.lists = new HiveLists(this.cells, node.offset);
    this.root = new EditedKey(node.name, node);
  }

  /** @throws REGISTRY_DAMAGED */
  locate(path: string): Located | undefined {
    if (path === '') return { node: this.root.node, edit: this.root, depth: 0 };
    const known = this.#found.get(path);
    if (known) return known;
    // The longest part of the path that was met before: then walking a tree costs one step a key.
    let cut = path.lastIndexOf('\\');
    let from: Located | undefined;
    while (cut > 0 && !(from = this.#found.get(path.slice(0, cut)))) cut = path.lastIndexOf('\\', cut - 1);
    const found = from ? this.#descend(from, path, cut + 1) : this.#descend({ node: this.root.node, edit: this.root, depth: 0 }, path, 0);
    // Nothing is looked for below a key without subkeys; most have none.
    if (found && (found.edit !== undefined || (found.node?.subkeyCount ?? 0) > 0)) this.#remember(path, found);
    return found;
  }

  #descend(from: Located, path: string, start: number): Located | undefined {
    let at = from;
    while (start <= path.length) {
      // A damaged hive may have names with backslashes; they are found too, as long as no shorter one is.
      let end = path.indexOf('\\', start);
      let next: Located | undefined;
      for (; ; end = path.indexOf('\\', end + 1)) {
        const name = path.slice(start, end < 0 ? undefined : end);
        next = this.child(at, name, path.slice(0, Math.max(0, start - 1)));
        if (next || end < 0) break;
      }
      if (!next) {
        this.#assertListed(at, path.slice(0, Math.max(0, start - 1)));
        return undefined;
      }
      at = next;
      start = end < 0 ? path.length + 1 : end + 1;
      if (end >= 0) this.#remember(path.slice(0, end), at);
    }
    return at;
  }

  /** A key that a damaged list does not have may have been in it. */
  #assertListed({ node, edit, depth }: Located, path: string): void {
    if (!node || edit?.children || depth >= DEPTH_MAX) return;
    const { problems } = this.lists.subkeys(node);
    if (problems.length > 0) throw damagedKey(this.file, path, problems);
  }

  #remember(path: string, found: Located): void {
    if (this.#found.size >= CACHE_MAX) this.#found.clear();
    this.#found.set(path, found);
  }

  child(parent: Located, name: string, parentPath: string): Located | undefined {
    if (name === '' || parent.depth >= DEPTH_MAX) return undefined;
    const upper = upperName(name);
    const depth = parent.depth + 1;
    const entry = parent.edit?.children ? parent.edit.children.get(upper) : parent.node && this.lists.find(parent.node, upper);
    if (entry === undefined) return undefined;
    if (entry instanceof EditedKey) return { node: entry.node, edit: entry, depth };
    const path = parentPath === '' ? name : `${parentPath}\\${name}`;
    return { node: naming(this.file, path, () => this.cells.node(entry)), edit: undefined, depth };
  }

  /** Those that can be read, in order, and what is wrong with the others. */
  children({ node, edit, depth }: Located): Children {
    if (edit?.children) {
      const names = inOrder(edit.children).map(([, entry]) => (entry instanceof EditedKey ? entry.name : this.cells.nodeName(entry).name));
      return { names, problems: [] };
    }
    if (!node) return { names: [], problems: [] };
    const listed = this.lists.subkeys(node);
    if (depth < DEPTH_MAX || listed.names.length === 0) return listed;
    const problem = { message: `there are keys more than ${String(DEPTH_MAX)} levels deep`, offset: node.offset };
    return { names: [], problems: [problem, ...listed.problems] };
  }

  values({ node, edit }: Located): { readonly values: Iterable<EditedValue>; readonly problems: readonly HiveProblem[] } {
    if (edit?.values) return { values: edit.values.values(), problems: [] };
    if (!node || hasNoValues(node)) return { values: [], problems: [] };
    return this.lists.values(node);
  }

  data(value: EditedValue): Uint8Array {
    return value.offset === undefined ? value.data : this.cells.data(value);
  }

  /** The key, ready to be changed; those above it know of it. @throws REGISTRY_DAMAGED */
  edit(path: string): EditedKey | undefined {
    const found = this.locate(path);
    if (!found) return undefined;
    if (found.edit) return found.edit;
    const key = new EditedKey(found.node!.name, found.node);
    const parentPath = this.parentPath(path, key.name);
    const parent = this.edit(parentPath)!;
    this.editChildren(parent, parentPath).set(upperName(key.name), key);
    this.forget();
    return key;
  }

  /** The path without its last name, which may have backslashes of its own. */
  parentPath(path: string, name: string): string {
    return path.slice(0, Math.max(0, path.length - name.length - 1));
  }

  /** @throws REGISTRY_DAMAGED when some are damaged: they would be lost */
  editChildren(key: EditedKey, path: string): Map<string, EditedKey | number> {
    if (key.children) return key.children;
    const { offsets, problems } = this.lists.subkeys(key.node!);
    if (problems.length > 0) throw damagedKey(this.file, path, problems, '; its subkeys cannot be changed');
    return (key.children = new Map(offsets));
  }

  /** @throws REGISTRY_DAMAGED when some are damaged: they would be lost */
  editValues(key: EditedKey, path: string): Map<string, EditedValue> {
    if (key.values) return key.values;
    const { values, problems } = this.lists.values(key.node!);
    if (problems.length > 0) throw damagedKey(this.file, path, problems, '; its values cannot be changed');
    return (key.values = new Map(values.map((value) => [upperName(value.name), value])));
  }

  /** After keys came or went. */
  forget(): void {
    this.#found.clear();
    this.generation++;
  }
}

/** The number of values is a handle. */
export const hasNoValues = (node: HiveNode): boolean => (node.flags & KeyFlag.PREDEF_HANDLE) !== 0;

/** Keys in the order that hives have them in: names in upper case are compared unit by unit, as JavaScript does. */
export const inOrder = <T>(children: ReadonlyMap<string, T>): [upper: string, T][] =>
  [...children].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
