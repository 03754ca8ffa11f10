import { SourceError } from '../../errors/index.js';
import { joinPath, parentOf, type FileKind } from '../../facts/file-entry.js';
import { AT_FDCWD, cString, EMPTY, libc, Mode, Open, type CPath } from '../../ffi/libc.js';
import { StatxBuffer, type FileIdentity } from '../../ffi/statx.js';
import type { VolumeIdentity } from '../../snapshot/snapshot-provider.js';
import { bytesToText, textToBytes } from '../../text/file-name.js';
import type { FileProblem, Volume, VolumeCapability, VolumeNode, WalkBatch, WalkFilter } from '../volume.js';
import { FolderChain, OPEN_FOLDER } from './folder-chain.js';
import { listFolder, type FolderNames } from './list-folder.js';
import { EntryType, type ReadingDialect } from './mount-dialect.js';
import type { NameList } from './name-list.js';
import { openQuietly, type FileNumbers, type OpenFolder } from './portable-node.js';
import { shown, sourceError } from './problems.js';

/** Nodes in a batch: enough to spread what a batch costs, few enough to stay in the cache. */
const BATCH = 512;
const ANCESTOR = Open.PATH | Open.DIRECTORY | Open.NOFOLLOW | Open.CLOEXEC;
const DOT: CPath = Uint8Array.of(0x2e, 0);

/** By DT_* number, which is a file's type in st_mode, shifted. */
const KINDS: Readonly<Record<number, FileKind>> = {
  1: 'fifo',
  2: 'character-device',
  4: 'directory',
  6: 'block-device',
  10: 'symbolic-link',
  12: 'socket',
  [EntryType.REPARSE_POINT]: 'reparse-point',
};

interface Level {
  readonly path: string;
  readonly folders: NameList;
  next: number;
}

interface Entered {
  readonly fd: number;
  readonly identity: FileIdentity;
  readonly names: FolderNames;
}

/** A mounted volume, read through the system calls of Linux. */
export class PortableVolume implements Volume, FileNumbers {
  readonly capabilities: ReadonlySet<VolumeCapability>;
  readonly #libc = libc();
  readonly #statx = new StatxBuffer();
  readonly #root: number;
  readonly #rootIdentity: FileIdentity;
  /** btrfs subvolumes number their files anew; each gets a number of its own, in the order they are met. */
  readonly #subvolumes = new Map<string, bigint>();
  /** The folder of the last {@link node}. */
  #cached: { readonly path: string; readonly fd: number } | undefined;

  constructor(
    readonly identity: VolumeIdentity,
    root: string,
    private readonly dialect: ReadingDialect,
  ) {
    this.#root = this.#libc.openat(AT_FDCWD, cString(textToBytes(root)), Open.RDONLY | Open.DIRECTORY | Open.CLOEXEC, 0);
    if (this.#root < 0 || !this.#statx.readOpen(this.#root)) {
      throw new SourceError(
        'SOURCE_NOT_FOUND',
        `the volume ${root} cannot be opened: ${sourceError(this.#libc.errno(), 'opening', root).message}`,
        { path: root },
      );
    }
    this.#rootIdentity = this.#statx.identity();
    this.capabilities = dialect.capabilities(this.#root);
  }

  [Symbol.dispose](): void {
    if (this.#cached) this.#libc.close(this.#cached.fd);
    this.#cached = undefined;
    this.#libc.close(this.#root);
  }

  idOf(facts: StatxBuffer): bigint | undefined {
    const { devMajor, devMinor, mount } = this.#rootIdentity;
    if (facts.mount !== mount) return undefined;
    if (facts.devMinor === devMinor && facts.devMajor === devMajor) return facts.inode;
    const key = `${facts.devMajor}:${facts.devMinor}`;
    const number = this.#subvolumes.get(key) ?? BigInt(this.#subvolumes.size + 1);
    this.#subvolumes.set(key, number);
    return facts.inode >> 48n === 0n ? (number << 48n) | facts.inode : undefined;
  }

  node(path: string): VolumeNode {
    if (path === '') return this.dialect.node('', 'directory', { fd: this.#root }, EMPTY, this);
    const folder = this.#lateFolder(parentOf(path));
    const name = this.#leaf(path);
    if (!this.#statx.readName(folder.fd, name)) throw this.#missing(path);
    return this.dialect.node(path, this.#kindOf(folder.fd, name), folder, name, this);
  }

  *walk(path: string, keep: WalkFilter = () => true): Generator<WalkBatch, void, undefined> {
    const above = path === '' ? this.#root : this.#openFolder(parentOf(path));
    const chain = new FolderChain();
    try {
      const name = path === '' ? DOT : this.#leaf(path);
      if (!this.#statx.readName(above, name)) throw this.#missing(path);
      const kind = this.#kindOf(above, name);
      if (kind !== 'directory') {
        yield { directory: parentOf(path), nodes: [this.dialect.node(path, kind, { fd: above }, name, this)], problems: [] };
        return;
      }
      if (this.#statx.mount !== this.#rootIdentity.mount) {
        throw new SourceError('SOURCE_NOT_FOUND', `${shown(path)}: lies on another volume than ${this.identity.root}`, { path });
      }
      yield* this.#walkFrom(chain, above, name, path, keep);
    } finally {
      chain[Symbol.dispose]();
      if (above !== this.#root) this.#libc.close(above);
    }
  }

  *#walkFrom(chain: FolderChain, above: number, startName: CPath, start: string, keep: WalkFilter): Generator<WalkBatch, void, undefined> {
    const levels: Level[] = [];
    let [folder, name, path] = [above, startName, start];
    for (;;) {
      const entered = this.#enter(folder, name, path);
      if ('nodes' in entered) yield entered;
      else {
        chain.push(name, entered.fd, entered.identity);
        yield* this.#batches(entered, path, keep);
        levels.push({ path, folders: entered.names.folders, next: 0 });
      }
      // On to the next subfolder, of this folder or of the nearest above that has one left.
      let found = false;
      while (!found) {
        const level = levels.at(-1);
        if (!level) return;
        if (level.next === level.folders.length) {
          levels.pop();
          if (!chain.pop()) yield this.#lost(levels.at(-1));
          continue;
        }
        name = level.folders.name(level.next++);
        path = joinPath(level.path, nameText(name));
        found = keep(path, 'directory');
      }
      folder = chain.fd;
    }
  }

  /** Opens and lists a folder; a batch that says so where that cannot or must not be. */
  #enter(folder: number, name: CPath, path: string): Entered | WalkBatch {
    const byName = (): VolumeNode => this.dialect.node(path, 'directory', { fd: folder }, name, this);
    const fd = openQuietly(folder, name, OPEN_FOLDER);
    if (fd < 0 || !this.#statx.readOpen(fd)) {
      const error = sourceError(this.#libc.errno(), 'opening the folder', path);
      if (fd >= 0) this.#libc.close(fd);
      if (this.dialect.isClosedFolder(folder, name)) return { directory: path, nodes: [byName()], problems: [] };
      return { directory: path, nodes: error.code === 'SOURCE_VANISHED' ? [] : [byName()], problems: [{ path, error, effect: 'skipped' }] };
    }
    if (this.#statx.mount !== this.#rootIdentity.mount) {
      this.#libc.close(fd);
      const error = new SourceError(
        'SOURCE_OTHER_VOLUME',
        `${path}: mount point of another volume, not included`,
        { path },
        { hint: 'Name it with --include to back it up too.' },
      );
      return { directory: path, nodes: [byName()], problems: [{ path, error, effect: 'note' }] };
    }
    const identity = this.#statx.identity();
    return {
      fd,
      identity,
      names: listFolder(fd, this.dialect),
    };
  }

  /** The folder itself and its files. */
  *#batches({ fd, names }: Entered, path: string, keep: WalkFilter): Generator<WalkBatch, void, undefined> {
    const folder: OpenFolder = { fd };
    const { files } = names;
    let problems: FileProblem[] = [];
    if (names.errno !== undefined) problems.push({ path, error: sourceError(names.errno, 'listing the folder', path), effect: 'skipped' });
    let nodes = [this.dialect.node(path, 'directory', folder, EMPTY, this)];
    for (let i = 0; i < files.length; i++) {
      const name = files.name(i);
      const filePath = joinPath(path, nameText(name));
      const kind = KINDS[files.tag(i)] ?? 'file';
      if (!keep(filePath, kind)) continue;
      nodes.push(this.dialect.node(filePath, kind, folder, name, this));
      if (nodes.length === BATCH) {
        yield { directory: path, nodes, problems };
        [nodes, problems] = [[], []];
      }
    }
    if (nodes.length > 0 || problems.length > 0) yield { directory: path, nodes, problems };
  }

  /** The way back up is gone: somebody moved folders about. What is left of the folder above cannot be reached. */
  #lost(level: Level | undefined): WalkBatch {
    const path = level?.path ?? '';
    if (level) level.next = level.folders.length;
    const error = new SourceError(
      'SOURCE_VANISHED',
      `${shown(path)}: was moved or removed while it was being read; the rest of it is missing`,
      { path },
    );
    return { directory: path, nodes: [], problems: [{ path, error, effect: 'skipped' }] };
  }

  /** Of the name that was just asked about. */
  #kindOf(folder: number, name: CPath): FileKind {
    const type = (this.#statx.mode & Mode.TYPE) >> 12;
    return this.dialect.doubts(type) ? (KINDS[this.dialect.typeOf(folder, name, type)] ?? 'file') : this.#statx.kind;
  }

  #missing(path: string): SourceError {
    const error = sourceError(this.#libc.errno(), 'finding it', path);
    if (error.code !== 'SOURCE_VANISHED') return error;
    return new SourceError('SOURCE_NOT_FOUND', `${path}: there is no such file or folder on the volume ${this.identity.root}`, { path });
  }

  #leaf(path: string): CPath {
    return this.#cName(path.slice(path.lastIndexOf('/') + 1), path);
  }

  #cName(part: string, path: string): CPath {
    if (part === '' || part === '.' || part === '..' || part.includes('\0')) {
      throw new SourceError('SOURCE_NOT_FOUND', `${JSON.stringify(path)} is no path on a volume: ${JSON.stringify(part)} is no name`, {
        path,
      });
    }
    return cString(textToBytes(part));
  }

  /** Opens a folder by its path, one part after the other, never through a link. */
  #openFolder(path: string): number {
    let fd = this.#libc.openat(this.#root, DOT, ANCESTOR, 0);
    for (const part of path === '' ? [] : path.split('/')) {
      const next = this.#libc.openat(fd, this.#cName(part, path), ANCESTOR, 0);
      const error = next < 0 ? this.#missing(path) : undefined;
      this.#libc.close(fd);
      if (error) throw error;
      fd = next;
    }
    return fd;
  }

  /** A folder that is opened again if another was asked for in between. */
  #lateFolder(path: string): OpenFolder {
    const fdOf = (): number => {
      if (this.#cached?.path === path) return this.#cached.fd;
      const fd = this.#openFolder(path);
      if (this.#cached) this.#libc.close(this.#cached.fd);
      this.#cached = { path, fd };
      return fd;
    };
    return {
      get fd() {
        return fdOf();
      },
    };
  }
}

const nameText = (name: CPath): string => bytesToText(name.subarray(0, name.length - 1));
