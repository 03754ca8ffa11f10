import { RegistryError } from '../errors/index.js';
import { compareNames, splitKey, upcaseName } from './registry-name.js';
import { joinKey, type RegistryKey, type RegistryValue } from './registry-store.js';

export interface KeyFacts {
  readonly className?: string | undefined;
  readonly securityDescriptor?: Uint8Array | undefined;
}

/** One key in memory. */
class KeyNode {
  readonly keys = new Map<string, KeyNode>();
  readonly values = new Map<string, RegistryValue>();
  #sorted: readonly KeyNode[] | undefined;

  constructor(
    readonly name: string,
    readonly facts: KeyFacts,
  ) {}

  /** In the order of a hive. */
  sorted(): readonly KeyNode[] {
    return (this.#sorted ??= [...this.keys.values()].sort((a, b) => compareNames(a.name, b.name)));
  }

  put(child: KeyNode): KeyNode {
    this.keys.set(upcaseName(child.name), child);
    this.#sorted = undefined;
    return child;
  }

  remove(name: string): boolean {
    this.#sorted = undefined;
    return this.keys.delete(upcaseName(name));
  }

  clone(): KeyNode {
    const copy = new KeyNode(this.name, this.facts);
    for (const child of this.keys.values()) copy.put(child.clone());
    for (const [key, value] of this.values) copy.values.set(key, value); // data is never changed, only replaced
    return copy;
  }
}

interface FoundKey {
  readonly node: KeyNode;
  /** As its keys are spelled. */
  readonly path: string;
}

/** A tree of keys in memory: what the stores that are no hive and no system's own keep. Names are taken as they are; stores check them. */
export class KeyTree {
  readonly #root: KeyNode;
  constructor(root = new KeyNode('', {})) {
    this.#root = root;
  }

  clone(): KeyTree {
    return new KeyTree(this.#root.clone());
  }

  key(path: string): RegistryKey | undefined {
    const found = this.#find(path);
    return found && keyOf(found.node, found.path);
  }

  create(path: string, facts: KeyFacts = {}): RegistryKey {
    const { node, path: spelled } = this.#make(path, facts);
    return keyOf(node, spelled);
  }

  /** @throws REGISTRY_NAME for the root */
  delete(path: string): boolean {
    const names = splitKey(path);
    const last = names.pop();
    if (last === undefined) throw new RegistryError('REGISTRY_NAME', 'the root of a registry cannot be deleted', { path });
    return this.#find(names.join('\\'))?.node.remove(last) ?? false;
  }

  /** A value that is there keeps its place and takes the new spelling. */
  setValue(path: string, { name, type, data }: RegistryValue): void {
    this.#make(path, {}).node.values.set(upcaseName(name), { name, type, data: data.slice() });
  }

  deleteValue(path: string, name: string): boolean {
    return this.#find(path)?.node.values.delete(upcaseName(name)) ?? false;
  }

  #find(path: string): FoundKey | undefined {
    let node = this.#root;
    let spelled = '';
    for (const name of splitKey(path)) {
      const next = node.keys.get(upcaseName(name));
      if (!next) return undefined;
      node = next;
      spelled = joinKey(spelled, node.name);
    }
    return { node, path: spelled };
  }

  #make(path: string, facts: KeyFacts): FoundKey {
    let node = this.#root;
    let spelled = '';
    const names = splitKey(path);
    for (const [i, name] of names.entries()) {
      node = node.keys.get(upcaseName(name)) ?? node.put(new KeyNode(name, i === names.length - 1 ? facts : {}));
      spelled = joinKey(spelled, node.name);
    }
    return { node, path: spelled };
  }
}

function keyOf(node: KeyNode, path: string): RegistryKey {
  return {
    path,
    name: node.name,
    lastWrite: undefined,
    className: node.facts.className,
    securityDescriptor: node.facts.securityDescriptor,
    subkeys: () => node.sorted().map(({ name }) => name),
    values: () => [...node.values.values()],
    value: (name) => node.values.get(upcaseName(name)),
  };
}

/** A key and all keys below it, depth first, each before what it holds. One key of each depth is open at a time. */
export function* walkKeys<K extends Pick<RegistryKey, 'path' | 'subkeys'>>(key: K, open: (path: string) => K | undefined): Generator<K> {
  yield key;
  const levels = [{ path: key.path, names: key.subkeys()[Symbol.iterator]() }];
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    const next = level.names.next();
    if (next.done) {
      levels.pop();
      continue;
    }
    const below = open(joinKey(level.path, next.value));
    if (!below) continue;
    yield below;
    levels.push({ path: below.path, names: below.subkeys()[Symbol.iterator]() });
  }
}
