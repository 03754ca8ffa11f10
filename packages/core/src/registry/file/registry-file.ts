import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { describeNodeError, nodeErrno, RegistryError } from '../../errors/index.js';
import { KeyTree } from '../key-tree.js';
import { decodeRegistry, encodeRegistry } from './registry-document.js';

/** What tells whether a file is the one that was read; undefined: there was none. */
type Stamp = string | undefined;

/** One file that keeps a registry as JSON, replaced as a whole. */
export class RegistryFile {
  #stamp: Stamp;
  private constructor(
    readonly path: string,
    readonly tree: KeyTree,
    stamp: Stamp,
  ) {
    this.#stamp = stamp;
  }

  /** A file that is not there holds nothing. @throws REGISTRY_IO, REGISTRY_DAMAGED; a file that makes no sense is left as it is */
  static read(path: string): RegistryFile {
    const stamp = stampOf(path);
    if (stamp === undefined) return new RegistryFile(path, new KeyTree(), stamp);
    const text = attempt(path, 'reading', () => readFileSync(path, 'utf8')).replace(/^\ufeff/, '');
    return new RegistryFile(path, decodeRegistry(text, path), stamp);
  }

  /**
   * Writes the tree beside the file and puts it in its place.
   * @throws REGISTRY_IO, also when another program changed the file since it was read
   */
  write(): void {
    if (stampOf(this.path) !== this.#stamp) {
      throw new RegistryError(
        'REGISTRY_IO',
        `${this.path}: changed by another program since it was read; nothing was written`,
        { path: this.path },
        { transient: true, hint: 'try again' },
      );
    }
    // A link stays one, and a mode and an owner that somebody chose stay.
    const old = this.#stamp === undefined ? undefined : attempt(this.path, 'reading', () => statSync(this.path));
    const place = old ? attempt(this.path, 'reading', () => realpathSync(this.path)) : this.path;
    const folder = dirname(place);
    attempt(this.path, 'making the folder of', () => mkdirSync(folder, { recursive: true, mode: 0o755 }));
    const beside = `${place}.${String(process.pid)}.new`;
    try {
      attempt(this.path, 'writing', () => writeDurably(beside, encodeRegistry(this.tree), old));
      attempt(this.path, 'replacing', () => renameSync(beside, place));
    } catch (error) {
      removeQuietly(beside);
      throw error;
    }
    attempt(this.path, 'making durable the folder of', () => syncFolder(folder));
    this.#stamp = stampOf(this.path);
  }
}

function stampOf(path: string): Stamp {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    const errno = nodeErrno(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw failed(path, 'reading', error);
  }
}

function attempt<T>(path: string, doing: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw failed(path, doing, error);
  }
}

const failed = (path: string, doing: string, error: unknown): unknown =>
  nodeErrno(error) === undefined
    ? error
    : new RegistryError(
        'REGISTRY_IO',
        `${path}: ${doing} it failed: ${describeNodeError(error)}`,
        { path, errno: nodeErrno(error) },
        { cause: error },
      );

/** Private from the first byte: values may be secrets. */
function writeDurably(path: string, text: string, old: Stats | undefined): void {
  removeQuietly(path); // of a process that died
  const fd = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(fd, text);
    if (old && old.uid !== process.geteuid?.()) fchownSync(fd, old.uid, old.gid);
    if (old) fchmodSync(fd, old.mode & 0o777);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (nodeErrno(error) === undefined) throw error;
  }
}

/** Answers of systems that cannot sync a folder. */
const NO_FOLDER_SYNC = new Set(['EINVAL', 'EISDIR', 'EPERM', 'EACCES']);

function syncFolder(folder: string): void {
  try {
    const fd = openSync(folder, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(nodeErrno(error) ?? '')) throw error;
  }
}
