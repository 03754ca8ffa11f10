import { isWinbackError, joinPath, SourceError, type FileProblem, type VolumeNode, type WalkBatch, type WalkFilter } from '@winback/core';
import { shown } from './problems.js';
import { RawNode } from './raw-node.js';
import { WellKnown } from './mft.js';
import { KindCode, kindOf, kindOfTag } from './reparse-kind.js';
import { reparseTag } from './raw-facts.js';
import type { VolumeMetadata } from './volume-metadata.js';

/** Nodes in a batch: enough to spread what a batch costs, few enough to stay in the cache. */
const BATCH = 512;

/** A file by one of its names, found in the tables. */
export interface Found {
  readonly path: string;
  readonly leaf: string;
  readonly record: number;
  /** Record of the folder it is in. */
  readonly parent: number;
  readonly code: KindCode;
}

interface Level {
  readonly path: string;
  readonly record: number;
  readonly folders: Uint32Array;
  next: number;
}

/** Names that no path can hold. NTFS itself forbids them, but for the blank ones, in every name space. */
const isImpossible = (name: string): boolean => name === '.' || name === '..' || /[/\0]/.test(name);

/** Finds files in the tables of a volume, in the order of a walk. */
export class FolderWalk {
  constructor(private readonly metadata: VolumeMetadata) {}

  get root(): Found {
    return { path: '', leaf: '', record: WellKnown.ROOT, parent: WellKnown.ROOT, code: KindCode.DIRECTORY };
  }

  node({ path, leaf, record, parent, code }: Found): RawNode {
    return new RawNode(this.metadata, path, leaf, kindOf(code), parent, record, this.metadata.tree.table.sequences[record]!);
  }

  found(folder: { readonly path: string; readonly record: number }, name: number): Found {
    const { table } = this.metadata.tree;
    const leaf = table.names.text(name);
    const record = table.files[name]!;
    return { path: joinPath(folder.path, leaf), leaf, record, parent: folder.record, code: this.#codeOf(record) };
  }

  /** Everything from `start` downwards. */
  *from(start: Found, keep: WalkFilter, problems: readonly FileProblem[]): Generator<WalkBatch, void, undefined> {
    const levels: Level[] = [];
    let [at, told]: [Found, readonly FileProblem[]] = [start, problems];
    for (;;) {
      const folders = yield* this.#batches(at, keep, told);
      told = [];
      levels.push({ path: at.path, record: at.record, folders, next: 0 });
      let next: Found | undefined;
      while (!next) {
        const level = levels.at(-1);
        if (!level) return;
        if (level.next === level.folders.length) {
          levels.pop();
          continue;
        }
        const folder = this.found(level, level.folders[level.next++]!);
        if (keep(folder.path, 'directory')) next = folder;
      }
      at = next;
    }
  }

  /** The folder itself and its files; says which folders it holds. */
  *#batches(folder: Found, keep: WalkFilter, told: readonly FileProblem[]): Generator<WalkBatch, Uint32Array, undefined> {
    let problems = [...told];
    let nodes: VolumeNode[] = [this.node(folder)];
    const names = folder.code === KindCode.MOUNT_POINT ? new Uint32Array(0) : this.#sorted(folder, problems);
    const { table } = this.metadata.tree;
    const folders = names.filter((name) => this.#isFolder(table.files[name]!));
    for (const name of names) {
      if (this.#isFolder(table.files[name]!)) continue;
      const found = this.found(folder, name);
      if (!keep(found.path, kindOf(found.code))) continue;
      nodes.push(this.node(found));
      if (nodes.length === BATCH) {
        yield { directory: folder.path, nodes, problems };
        [nodes, problems] = [[], []];
      }
    }
    if (nodes.length > 0 || problems.length > 0) yield { directory: folder.path, nodes, problems };
    return folders;
  }

  /** The names in a folder that can be given, by their bytes. */
  #sorted(folder: Found, problems: FileProblem[]): Uint32Array {
    const { table } = this.metadata.tree;
    const { names } = table;
    const sorted = this.metadata.tree
      .namesIn(folder.record)
      .slice()
      .sort((a, b) => names.compare(a, b));
    return sorted.filter((name, i) => {
      const twice = i > 0 && names.compare(sorted[i - 1]!, name) === 0;
      const text = names.text(name);
      if (!twice && !isImpossible(text)) return true;
      const path = joinPath(folder.path, text);
      const what = twice ? 'two files have this name' : 'no path can hold this name';
      const error = new SourceError('SOURCE_UNSUPPORTED', `${shown(path)}: ${what}; the volume is damaged`, {
        path,
        record: table.files[name],
      });
      problems.push({ path: folder.path, error, effect: 'skipped' });
      return false;
    });
  }

  #isFolder(record: number): boolean {
    const code = this.#codeOf(record);
    return code === KindCode.DIRECTORY || code === KindCode.MOUNT_POINT;
  }

  /** Reparse points that lie in clusters are looked at now. */
  #codeOf(record: number): KindCode {
    const { table } = this.metadata.tree;
    const code = table.kinds[record]! as KindCode;
    if (code !== KindCode.UNKNOWN) return code;
    return (table.kinds[record] = this.#readCode(record, table.isDirectory(record)));
  }

  #readCode(record: number, isDirectory: boolean): KindCode {
    try {
      const tag = reparseTag(this.metadata.mft.attributes(record), this.metadata);
      return tag === undefined ? (isDirectory ? KindCode.DIRECTORY : KindCode.FILE) : kindOfTag(tag, isDirectory);
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      return isDirectory ? KindCode.MOUNT_POINT : KindCode.REPARSE_POINT;
    }
  }
}
