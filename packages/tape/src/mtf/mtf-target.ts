import {
  CatalogError,
  lockFile,
  nodeErrno,
  TargetError,
  type BackupSetDescription,
  type BackupTarget,
  type BackupVersion,
  type Clock,
  type FileLock,
  type Random,
  type TargetCapability,
  type TargetDamage,
  type WinbackError,
} from '@winback/core';
import { PieceWriter } from '@winback/core/io';
import { closeSync, fdatasyncSync, fstatSync, fsyncSync, ftruncateSync, openSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { findAppendPoint, type AppendPoint } from './append-point.js';
import { toSeconds } from './date-time.js';
import { FileSource, readFailed } from './file-source.js';
import { FileWindow } from './file-window.js';
import { readMedium, type Medium } from './medium.js';
import { assertPassword, type PasswordPolicy } from './password.js';
import { Output, writeFailed } from './output.js';
import { MtfSetReader } from './set-reader.js';
import { MtfSetWriter } from './set-writer.js';
import { FileMedium } from './set-medium.js';
import { newFamily, writeTape } from './tape-writer.js';
import { listSets, type ListedSet } from './version-list.js';

/** For headers here and there; files are read through a larger one. */
const SMALL_WINDOW = 65_536;
/** Windows cannot open folders to make them durable; a new file's name is durable there with the file. */
const NO_FOLDER_SYNC = new Set(['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP']);

export interface TargetParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Whether sets are written compressed. */
  readonly compress?: boolean | undefined;
  readonly passwords?: PasswordPolicy | undefined;
}

/** A file open for appending, and locked. */
interface Held {
  readonly fd: number;
  readonly lock: FileLock;
  /** It was made for this set: when the set goes, it goes. */
  created: boolean;
}

/** A .bkf file. Sets are appended at its end; none is ever changed. */
export class MtfTarget implements BackupTarget {
  readonly capabilities: ReadonlySet<TargetCapability> = new Set<TargetCapability>(['append', 'compress']);
  #damage: readonly TargetDamage[] = [];
  #held: Held | undefined;
  #writing = false;

  constructor(
    readonly uri: string,
    private readonly path: string,
    private readonly mode: 'read' | 'append',
    private readonly parts: TargetParts,
  ) {}

  /** Takes the lock of a file that is there already. @throws TARGET_LOCKED */
  hold(): void {
    this.#held ??= this.#open(false);
  }

  get localFiles(): readonly string[] {
    return [this.path];
  }

  get damage(): readonly TargetDamage[] {
    return this.#damage;
  }

  versions(): readonly BackupVersion[] {
    const sets = this.#list();
    return sets.filter((set) => set.place.committedEnd !== undefined).map((set) => set.version);
  }

  createSet(description: BackupSetDescription): MtfSetWriter {
    if (this.mode !== 'append') throw new TypeError('the target is open for reading only');
    if (this.#writing) throw new TypeError('a set is being written already');
    const held = (this.#held ??= this.#open(true));
    const point = this.#appendPoint(held);
    // From here on bytes are added, and an error takes them back.
    try {
      const time = toSeconds(this.parts.clock.now());
      const out = new Output(new PieceWriter(held.fd), this.path, point.at);
      const medium = new FileMedium(out, held.fd, point.marks);
      if (point.at === 0) this.#beginFile(medium, time);
      if (point.at === 0 || point.markMissing) {
        medium.filemark();
        out.flush();
        medium.sync();
      }
      const number = point.at === 0 ? 1 : this.#list().filter((set) => set.place.committedEnd !== undefined).length + 1;
      const committed = (): BackupVersion => this.#committed(held);
      const aborted = (): void => {
        this.#takeBack(held, point.at);
      };
      const writer = new MtfSetWriter({ medium, number, description, time, compress: this.parts.compress, committed, aborted });
      this.#writing = true;
      return writer;
    } catch (error) {
      this.#takeBack(held, point.at);
      throw error;
    }
  }

  openSet(id: string): MtfSetReader {
    const sets = this.#list();
    const committed = sets.filter((set) => set.place.committedEnd !== undefined);
    const wanted =
      id === 'latest'
        ? committed.at(-1)
        : (committed.find((set) => set.version.id === id) ??
          (/^\d+$/.test(id) ? sets.find((set) => set.version.number === Number(id)) : undefined));
    if (!wanted) {
      const known = committed.map((set) => set.version.id);
      throw new CatalogError(
        'VERSION_NOT_FOUND',
        known.length === 0 ? `${this.path} holds no version` : `${this.path} holds no version ${id}`,
        { path: this.path, id, known },
        { hint: known.length === 0 ? undefined : `it holds ${known.slice(-5).join(', ')}` },
      );
    }
    assertPassword(wanted.head.password, this.parts.passwords ?? {}, `${this.path}: version ${wanted.version.id}`);
    const window = FileWindow.open(this.path);
    try {
      return new MtfSetReader(window, readMedium(window).flb, wanted);
    } catch (error) {
      window.close();
      throw error;
    }
  }

  deleteSets(_ids: readonly string[]): void {
    throw new TargetError(
      'TARGET_UNSUPPORTED',
      `${this.path}: sets cannot be taken out of a .bkf file, which is written from start to end like a tape`,
      { path: this.path },
      { hint: 'begin a new file, and delete this one when its versions are no longer needed' },
    );
  }

  close(): void {
    const held = this.#held;
    this.#held = undefined;
    if (!held) return;
    held.lock[Symbol.dispose]();
    closeSync(held.fd);
  }

  #list(): readonly ListedSet[] {
    if (this.mode === 'append' && (this.#held === undefined || fstatSync(this.#held.fd).size === 0)) {
      this.#damage = [];
      return [];
    }
    const window = FileWindow.open(this.path, SMALL_WINDOW);
    try {
      const medium = this.#admitted(readMedium(window));
      const { sets, damage } = listSets(window, medium);
      this.#damage = damage;
      return sets;
    } finally {
      window.close();
    }
  }

  #admitted(medium: Medium): Medium {
    assertPassword(medium.password, this.parts.passwords ?? {}, this.path);
    return medium;
  }

  #beginFile({ out }: FileMedium, time: number): void {
    const { random } = this.parts;
    writeTape(out, this.path, { time, mediaFamilyId: newFamily(random), mediaSequence: 1, softFilemarks: true }, random);
    out.spad();
  }

  #open(create: boolean): Held {
    let created = false;
    let fd: number;
    try {
      fd = openSync(this.path, 'r+');
    } catch (error) {
      if (!create || nodeErrno(error) !== 'ENOENT') throw openFailed(this.path, error);
      try {
        fd = openSync(this.path, 'wx+', 0o600);
        created = true;
      } catch (failed) {
        throw writeFailed(this.path, 'creating', failed);
      }
    }
    const lock = lockFile(fd, this.path);
    if (lock) return { fd, lock, created };
    closeSync(fd);
    throw new TargetError(
      'TARGET_LOCKED',
      `${this.path} is in use: another process is writing to it`,
      { path: this.path },
      { hint: 'wait until it is done, or name another file', transient: true },
    );
  }

  /** Where to append, with a torn end taken away. @throws TARGET_FOREIGN, TARGET_DAMAGED; then nothing was touched */
  #appendPoint(held: Held): AppendPoint {
    const { size } = fstatSync(held.fd);
    if (size === 0) return { at: 0, marks: [], torn: 0, markMissing: false };
    const window = new FileWindow(new FileSource(held.fd, this.path, size), SMALL_WINDOW);
    const point = findAppendPoint(window, this.#admitted(readMedium(window)));
    if (point.torn > 0) this.#truncate(held.fd, point.at);
    return point;
  }

  #committed(held: Held): BackupVersion {
    if (held.created) this.#syncFolder();
    held.created = false;
    this.#writing = false;
    const version = this.versions().at(-1);
    if (!version) throw new TargetError('TARGET_DAMAGED', `${this.path}: the set that was just written is not there`, { path: this.path });
    return version;
  }

  #truncate(fd: number, size: number): void {
    try {
      ftruncateSync(fd, size);
      fdatasyncSync(fd);
    } catch (error) {
      throw writeFailed(this.path, 'shortening', error);
    }
  }

  /** Leaves the file as it was before the set; one made for it goes. */
  #takeBack(held: Held, size: number): void {
    this.#writing = false;
    if (!held.created) {
      this.#truncate(held.fd, size);
      return;
    }
    try {
      unlinkSync(this.path);
    } catch (error) {
      if (nodeErrno(error) !== 'ENOENT') throw writeFailed(this.path, 'removing', error);
    } finally {
      this.close();
    }
  }

  #syncFolder(): void {
    try {
      const fd = openSync(dirname(this.path), 'r');
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      if (!NO_FOLDER_SYNC.has(nodeErrno(error) ?? '')) throw writeFailed(this.path, 'making durable the folder of', error);
    }
  }
}

function openFailed(path: string, error: unknown): WinbackError {
  const errno = nodeErrno(error);
  if (errno === 'ENOENT') return readFailed(path, 0, error);
  return writeFailed(path, 'opening', error);
}
