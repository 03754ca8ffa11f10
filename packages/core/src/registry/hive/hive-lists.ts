import { LeafElement, ListSignature, NOWHERE, SubkeyList } from './cells.layout.js';
import type { HiveCells, HiveNode, HiveValue } from './hive-cells.js';
import { hashOfUpper, upperName } from './hive-names.js';
import { CellProblem, PROBLEMS_MAX, type HiveProblem } from './problems.js';

const CELL_HEADER = 4;
/** A list of lists has lists only. */
const isLeaf = (signature: number): boolean =>
  signature === ListSignature.LH || signature === ListSignature.LF || signature === ListSignature.LI;

interface Leaf {
  readonly signature: number;
  readonly list: number;
  readonly count: number;
}

/** The subkeys of one key: where they are, by their names in upper case, in the order of the hive. */
export interface Subkeys {
  readonly names: readonly string[];
  readonly offsets: ReadonlyMap<string, number>;
  readonly problems: readonly HiveProblem[];
}

export interface Values {
  readonly values: readonly HiveValue[];
  readonly problems: readonly HiveProblem[];
}

const NO_SUBKEYS: Subkeys = { names: [], offsets: new Map(), problems: [] };

/** Reads the lists of keys. What is damaged in them is told beside what is not. */
export class HiveLists {
  /** Keys whose parent field is no key: they belong to the first list that they are found in. */
  readonly #adopted = new Map<number, number>();

  constructor(
    readonly cells: HiveCells,
    readonly root: number,
  ) {}

  subkeys(node: HiveNode): Subkeys {
    if (node.listed) return node.listed;
    if (node.subkeyCount === 0) return NO_SUBKEYS;
    const names: string[] = [];
    const offsets = new Map<string, number>();
    const problems: HiveProblem[] = [];
    for (const offset of this.#elements(node, problems)) {
      const problem = this.#take(node, offset, names, offsets);
      if (problem && problems.push(problem) >= PROBLEMS_MAX) break;
    }
    return (node.listed = { names, offsets, problems });
  }

  /** Where a subkey is; looks at hashes first, so that a big list is not read for one name. */
  find(node: HiveNode, upper: string): number | undefined {
    return node.listed?.offsets.get(upper) ?? this.#findByHash(node, upper) ?? this.subkeys(node).offsets.get(upper);
  }

  values(node: HiveNode): Values {
    const values: HiveValue[] = [];
    const problems: HiveProblem[] = [];
    const offsets = this.#valueOffsets(node, problems);
    const names = new NameSet(offsets.length);
    for (const offset of offsets) {
      const problem = tried(() => {
        const value = this.cells.value(offset);
        if (!names.add(value.name)) throw new CellProblem(`there are two values named ${JSON.stringify(value.name)}`, offset);
        values.push(value);
      });
      if (problem && problems.push(problem) >= PROBLEMS_MAX) break;
    }
    return { values, problems };
  }

  #valueOffsets({ valueCount, valueList }: HiveNode, problems: HiveProblem[]): Uint32Array {
    let offsets: Uint32Array = new Uint32Array(0);
    if (valueCount === 0) return offsets;
    const problem = tried(() => {
      const room = Math.floor(this.cells.cell(valueList) / 4);
      offsets = this.cells.offsets(valueList, Math.min(room, valueCount));
      if (room < valueCount) throw new CellProblem(`the list has room for ${String(room)} of ${String(valueCount)} values`, valueList);
    });
    if (problem) problems.push(problem);
    return offsets;
  }

  /**
   * Adds a subkey to a listing. A key belongs to the one key that it names as its parent: so damaged lists cannot make the tree endless,
   * or a key appear in many places.
   */
  #take(node: HiveNode, offset: number, names: string[], offsets: Map<string, number>): HiveProblem | undefined {
    return tried(() => {
      const { name, parent } = this.cells.nodeName(offset);
      if (offset === this.root) throw new CellProblem('the root key stands among the subkeys', offset);
      if (parent !== node.offset) this.#adopt(node, offset, parent);
      if (name === '') throw new CellProblem('a subkey has no name', offset);
      const upper = upperName(name);
      if (offsets.has(upper)) throw new CellProblem(`there are two subkeys named ${JSON.stringify(name)}`, offset);
      names.push(name);
      offsets.set(upper, offset);
    });
  }

  #adopt(node: HiveNode, offset: number, parent: number): void {
    const adopter = this.#adopted.get(offset) ?? node.offset;
    if (adopter !== node.offset || this.cells.isNode(parent)) throw new CellProblem('a subkey belongs to another key', offset);
    this.#adopted.set(offset, node.offset);
  }

  *#elements(node: HiveNode, problems: HiveProblem[]): Generator<number> {
    if (node.subkeyCount === 0) return;
    let found = 0;
    for (const leaf of this.#leaves(node, problems)) {
      const step = leaf.signature === ListSignature.LI ? 4 : LeafElement.size;
      for (let i = 0; i < leaf.count; i++, found++) {
        // Reading a key between two elements may have moved the window, so each is looked for.
        const at = this.cells.bytes.locate(leaf.list + CELL_HEADER + SubkeyList.size + i * step, 4);
        yield this.cells.bytes.view.getUint32(at, true);
      }
    }
    if (found !== node.subkeyCount && problems.length === 0) {
      problems.push(new CellProblem(`it should have ${String(node.subkeyCount)} subkeys, but ${String(found)} are listed`, node.offset));
    }
  }

  #leaves(node: HiveNode, problems: HiveProblem[]): Leaf[] {
    const leaves: Leaf[] = [];
    const problem = tried(() => {
      const top = this.#list(node.subkeyList);
      if (isLeaf(top.signature)) leaves.push(top);
      else if (top.signature === ListSignature.RI) this.#lists(top, leaves, problems);
      else throw new CellProblem('it is not a list of subkeys', node.subkeyList);
    });
    if (problem) problems.push(problem);
    return leaves;
  }

  #lists(root: Leaf, leaves: Leaf[], problems: HiveProblem[]): void {
    const seen = new Set<number>();
    for (let i = 0; i < root.count && problems.length < PROBLEMS_MAX; i++) {
      const problem = tried(() => {
        const at = this.cells.bytes.locate(root.list + CELL_HEADER + SubkeyList.size + i * 4, 4);
        const offset = this.cells.bytes.view.getUint32(at, true);
        if (seen.has(offset)) throw new CellProblem('a list of subkeys stands twice in a list of lists', offset);
        seen.add(offset);
        const leaf = this.#list(offset);
        if (!isLeaf(leaf.signature)) throw new CellProblem('it is not a list of subkeys', offset);
        leaves.push(leaf);
      });
      if (problem) problems.push(problem);
    }
  }

  /** The head of a list, with no more elements than its cell has room for. */
  #list(list: number): Leaf {
    if (list === NOWHERE) throw new CellProblem('there is no list of subkeys', list);
    const room = this.cells.cell(list) - SubkeyList.size;
    if (room < 0) throw new CellProblem('the cell is too small for a list of subkeys', list);
    const at = this.cells.bytes.locate(list + CELL_HEADER, SubkeyList.size);
    const signature = this.cells.bytes.view.getUint16(at, true);
    const count = this.cells.bytes.view.getUint16(at + SubkeyList.offsetOf('count'), true);
    const step = signature === ListSignature.LH || signature === ListSignature.LF ? LeafElement.size : 4;
    return { signature, list, count: Math.min(count, Math.floor(room / step)) };
  }

  /** Undefined also where a list is damaged or has wrong hashes: the whole listing then tells. */
  #findByHash(node: HiveNode, upper: string): number | undefined {
    if (node.subkeyCount === 0) return undefined;
    const hash = hashOfUpper(upper);
    const { bytes } = this.cells;
    for (const { signature, list, count } of this.#leaves(node, [])) {
      if (signature !== ListSignature.LH) return undefined;
      for (let i = 0; i < count; i++) {
        const at = bytes.locate(list + CELL_HEADER + SubkeyList.size + i * LeafElement.size, LeafElement.size);
        if (bytes.view.getUint32(at + LeafElement.offsetOf('hint'), true) !== hash) continue;
        const offset = bytes.view.getUint32(at, true);
        if (this.#isChild(node, offset, upper)) return offset;
      }
    }
    return undefined;
  }

  #isChild(node: HiveNode, offset: number, upper: string): boolean {
    try {
      const { name, parent } = this.cells.nodeName(offset);
      return parent === node.offset && offset !== this.root && upperName(name) === upper;
    } catch (error) {
      if (error instanceof CellProblem) return false;
      throw error;
    }
  }
}

/** Up to here names are compared one by one: most keys have a few values, whose names differ in length. */
const FEW = 8;

/** Names that were met, whatever their case. */
class NameSet {
  readonly #few: string[] = [];
  readonly #many: Set<string> | undefined;

  constructor(count: number) {
    this.#many = count > FEW ? new Set() : undefined;
  }

  /** False: it was met before. */
  add(name: string): boolean {
    const many = this.#many;
    if (many) {
      const { size } = many;
      return many.add(upperName(name)).size > size;
    }
    for (const other of this.#few) if (other.length === name.length && upperName(other) === upperName(name)) return false;
    this.#few.push(name);
    return true;
  }
}

function tried(read: () => void): HiveProblem | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof CellProblem) return error;
    throw error;
  }
}
