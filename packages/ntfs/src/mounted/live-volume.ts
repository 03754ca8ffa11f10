import {
  FileAttribute,
  isWinbackError,
  type FileKind,
  type FileProblem,
  type OpenedFile,
  type Volume,
  type VolumeNode,
  type WalkBatch,
  type WalkFilter,
} from '@winback/core';
import { RawNode, type RawNtfsVolume } from '../raw/index.js';
import { openSettled, Patience } from './open-settled.js';

/** Clocks are not read at the same moment as times are written. */
const SLACK = 2_000_000_000n;
/** Bytes of a link as Services for UNIX keep it: eight, and PATH_MAX characters. */
const INTERIX_MAX = 8 + 2 * 4096;

interface Late {
  readonly path: string;
  readonly kind: FileKind;
}

/**
 * A mounted volume that is read straight from its device while others write to it. What the device did not tell in time is asked of the
 * mount: files that came into a folder after the names were read, and files that another one took the place of. A folder's late files
 * come behind its others.
 */
export class LiveNtfsVolume implements Volume {
  readonly #patience = new Patience();

  constructor(
    private readonly device: RawNtfsVolume,
    private readonly mounted: Volume,
    /** Before any name was read, in nanoseconds since 1970. */
    private readonly begun: bigint,
    /** Comes back when all that the mount was asked before is done and written. */
    private readonly settle: () => void,
  ) {}

  get identity(): Volume['identity'] {
    return this.device.identity;
  }

  get capabilities(): Volume['capabilities'] {
    return this.device.capabilities;
  }

  [Symbol.dispose](): void {
    this.device[Symbol.dispose]();
    this.mounted[Symbol.dispose]();
  }

  node(path: string): VolumeNode {
    try {
      return this.#live(this.device.node(path));
    } catch (error) {
      if (!isWinbackError(error, 'SOURCE_NOT_FOUND')) throw error;
      return this.mounted.node(path);
    }
  }

  *walk(path: string, keep: WalkFilter = () => true): Generator<WalkBatch, void, undefined> {
    let folder: VolumeNode | undefined;
    for (const batch of this.#known(path, keep)) {
      const [first] = batch.nodes;
      if (folder && batch.directory !== folder.path) {
        yield* this.#lateIn(folder, keep);
        folder = undefined;
      }
      if (first?.kind === 'directory' && first.path === batch.directory) folder = first;
      yield { ...batch, nodes: batch.nodes.map((node) => this.#live(node)) };
    }
    if (folder) yield* this.#lateIn(folder, keep);
  }

  /** What the device tells, or, of a path that it does not know yet, the mount. */
  #known(path: string, keep: WalkFilter): Iterable<WalkBatch> {
    try {
      this.device.node(path);
      return this.device.walk(path, keep);
    } catch (error) {
      if (!isWinbackError(error, 'SOURCE_NOT_FOUND')) throw error;
      return this.mounted.walk(path, keep);
    }
  }

  #live(node: VolumeNode): VolumeNode {
    return node instanceof RawNode ? new LiveNode(node, this.mounted, this.settle, this.#patience) : node;
  }

  *#lateIn(folder: VolumeNode, keep: WalkFilter): Generator<WalkBatch, void, undefined> {
    if (!(folder instanceof RawNode) || !folder.changedSince(this.begun - SLACK)) return;
    const nodes: VolumeNode[] = [];
    const problems: FileProblem[] = [];
    const folders: string[] = [];
    for (const { path, kind } of this.#listLate(folder.path, problems)) {
      if (!keep(path, kind)) continue;
      if (kind === 'directory') folders.push(path);
      else attempt(path, problems, () => nodes.push(this.mounted.node(path)));
    }
    if (nodes.length > 0 || problems.length > 0) yield { directory: folder.path, nodes, problems };
    for (const path of folders) {
      const lost: FileProblem[] = [];
      const batches = attempt(path, lost, () => this.mounted.walk(path, keep));
      if (batches) yield* batches;
      else if (lost.length > 0) yield { directory: folder.path, nodes: [], problems: lost };
    }
  }

  /** The names that a folder has now and that the device did not tell. */
  #listLate(folder: string, problems: FileProblem[]): Late[] {
    const now: Late[] = [];
    attempt(folder, problems, () => {
      const note = (path: string, kind: FileKind): boolean => {
        if (path !== folder) now.push({ path, kind });
        return false;
      };
      // The folder itself and nothing of what it holds.
      for (const batch of this.mounted.walk(folder, note)) problems.push(...batch.problems);
    });
    return now.filter(({ path }) => !this.#isKnown(path));
  }

  #isKnown(path: string): boolean {
    try {
      return this.device.node(path).path === path;
    } catch (error) {
      if (!isWinbackError(error, 'SOURCE_NOT_FOUND')) throw error;
      return false;
    }
  }
}

/** What is gone again is no problem, for it was not there when the backup began. */
function attempt<T>(path: string, problems: FileProblem[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    if (error.code !== 'SOURCE_VANISHED' && error.code !== 'SOURCE_NOT_FOUND') problems.push({ path, error, effect: 'skipped' });
    return undefined;
  }
}

class LiveNode implements VolumeNode {
  constructor(
    private readonly device: RawNode,
    private readonly mounted: Volume,
    private readonly settle: () => void,
    private readonly patience: Patience,
  ) {}

  get path(): string {
    return this.device.path;
  }

  get kind(): FileKind {
    return this.device.kind;
  }

  facts(): OpenedFile['entry'] {
    return this.#orMounted((node) => node.facts());
  }

  open(linkTo?: string): OpenedFile {
    const opened = openSettled(
      () => this.#asPosix(this.#orMounted((node) => node.open(linkTo))),
      this.patience,
      () => this.device.forget(),
    );
    const changed = (): boolean => {
      // ntfs-3g writes bytes first and then that it did; in between nobody could tell.
      this.settle();
      return opened.changed();
    };
    return { ...opened, changed };
  }

  /** Special files and links that ntfs-3g keeps as Services for UNIX do, in small system files, are what the mount says that they are. */
  #asPosix(opened: OpenedFile): OpenedFile {
    const { kind, attributes, size, linkTo } = opened.entry;
    if (kind !== 'file' || (attributes & FileAttribute.SYSTEM) === 0 || size > INTERIX_MAX || linkTo !== undefined) return opened;
    const problems: FileProblem[] = [];
    const special = attempt(this.path, problems, () => {
      const node = this.mounted.node(this.path);
      return node.kind === 'file' || node.kind === 'directory' ? undefined : node.open();
    });
    if (special) opened.streams.close();
    return special ?? opened;
  }

  /** Of a record that belongs to another file now the mount knows better; one that was just being written is read again. */
  #orMounted<T>(read: (node: VolumeNode) => T): T {
    try {
      return read(this.device);
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      if (error.code !== 'SOURCE_VANISHED') {
        this.device.forget();
        return read(this.device);
      }
      const there = attempt(this.path, [], () => this.mounted.node(this.path));
      if (there?.kind !== this.kind) throw error;
      return read(there);
    }
  }
}
