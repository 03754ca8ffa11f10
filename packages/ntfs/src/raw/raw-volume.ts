import {
  isWinbackError,
  SourceError,
  type FileProblem,
  type Volume,
  type VolumeIdentity,
  type VolumeNode,
  type WalkBatch,
  type WalkFilter,
  type WinbackError,
} from '@winback/core';
import { NTFS_CAPABILITIES } from '../ntfs-capabilities.js';
import type { BlockSource } from './block-source.js';
import { nameDamagedFiles } from './damaged-files.js';
import { FolderWalk, type Found } from './folder-walk.js';
import { readGeometry, type Geometry } from './geometry.js';
import { BootSector } from './layouts/index.js';
import { openMft } from './open-mft.js';
import { KindCode } from './reparse-kind.js';
import { VolumeMetadata } from './volume-metadata.js';

const CACHE = 32 * 1024 * 1024;

export interface RawNtfsOptions {
  /** Bytes of memory for FILE records that were read; 32 MiB without it. */
  readonly cacheBytes?: number;
}

/**
 * An NTFS volume read from its bytes, mounted or not: every fact that it holds, at the speed of reading $MFT. Names and folders are those
 * of the moment when they were first asked for; each file's facts are read when it is opened. While somebody writes to the volume, files
 * may be seen half changed: OpenedFile.changed tells.
 */
export class RawNtfsVolume implements Volume {
  readonly capabilities = NTFS_CAPABILITIES;
  readonly geometry: Geometry;
  /** What all files share: label, security descriptors, the tree of names. */
  readonly metadata: VolumeMetadata;
  readonly #walk: FolderWalk;
  /** Of the volume, told with the first batch of a walk of all of it. */
  readonly #notes: FileProblem[] = [];
  #last: { readonly folder: number; readonly names: ReadonlyMap<string, number> } | undefined;

  /**
   * @param source closed when the volume is disposed of
   * @throws FORMAT_MAGIC, FORMAT_STRUCTURE, FORMAT_RANGE, FORMAT_SHORT when it is no NTFS, or too damaged; SOURCE_UNREADABLE
   */
  constructor(
    readonly identity: VolumeIdentity,
    private readonly source: BlockSource,
    { cacheBytes = CACHE }: RawNtfsOptions = {},
  ) {
    this.geometry = this.#readGeometry();
    if (this.geometry.volumeSize > source.size) {
      this.#note(`the volume has ${this.geometry.volumeSize} bytes, ${source.name} has ${source.size}: the rest is missing`);
    }
    const mft = openMft(source, this.geometry, cacheBytes, (error) => {
      this.#note(`the first record of $MFT is damaged, its copy was used: ${error.message}`, error);
    });
    this.metadata = new VolumeMetadata(mft);
    this.#walk = new FolderWalk(this.metadata);
  }

  /** Whether it is NTFS at all. Reads the boot sector only. @throws SOURCE_UNREADABLE */
  static probe(source: BlockSource): boolean {
    if (source.size < BootSector.size) return false;
    const sector = new Uint8Array(BootSector.size);
    source.read(0, sector);
    try {
      readGeometry(sector, source.size);
      return true;
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      return false;
    }
  }

  [Symbol.dispose](): void {
    this.source[Symbol.dispose]();
  }

  /** Names are looked for as they are spelled, then in whatever case; the node has the name as the volume spells it. */
  node(path: string): VolumeNode {
    return this.#walk.node(this.#find(path));
  }

  *walk(path: string, keep: WalkFilter = () => true): Generator<WalkBatch, void, undefined> {
    const start = this.#find(path);
    if (start.code !== KindCode.DIRECTORY && start.code !== KindCode.MOUNT_POINT) {
      const directory = start.path.slice(0, Math.max(0, start.path.length - start.leaf.length - 1));
      yield { directory, nodes: [this.#walk.node(start)], problems: [] };
      return;
    }
    yield* this.#walk.from(start, keep, path === '' ? this.#volumeProblems() : []);
  }

  #find(path: string): Found {
    let found = this.#walk.root;
    for (const part of path === '' ? [] : path.split('/')) {
      const name = found.code === KindCode.DIRECTORY ? this.#nameIn(found.record, part) : undefined;
      if (name === undefined) {
        throw new SourceError('SOURCE_NOT_FOUND', `${path}: there is no such file or folder on the volume ${this.identity.root}`, { path });
      }
      found = this.#walk.found(found, name);
    }
    return found;
  }

  #nameIn(folder: number, part: string): number | undefined {
    const { tree } = this.metadata;
    if (this.#last?.folder !== folder) {
      this.#last = { folder, names: new Map([...tree.namesIn(folder)].reverse().map((name) => [tree.table.names.text(name), name])) };
    }
    const { names } = this.#last;
    const exact = names.get(part);
    if (exact !== undefined) return exact;
    const { upperCase } = this.metadata;
    const wanted = upperCase.of(part);
    for (const [text, name] of names) if (text.length === part.length && upperCase.of(text) === wanted) return name;
    return undefined;
  }

  #readGeometry(): Geometry {
    const sector = new Uint8Array(BootSector.size);
    let first: WinbackError;
    try {
      if (this.source.size >= sector.length) this.source.read(0, sector);
      return readGeometry(sector.subarray(0, Math.min(sector.length, this.source.size)), this.source.size);
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      first = error;
    }
    // A copy of it is the last sector of the partition.
    for (const sectorSize of [512, 4096]) {
      const at = Math.floor(this.source.size / sectorSize - 1) * sectorSize;
      if (at <= 0) continue;
      try {
        this.source.read(at, sector);
        const geometry = readGeometry(sector, this.source.size, at);
        this.#note(`the boot sector is damaged, its copy was used: ${first.message}`, first);
        return geometry;
      } catch (error) {
        if (!isWinbackError(error)) throw error;
      }
    }
    throw first;
  }

  #volumeProblems(): FileProblem[] {
    const problems = [...this.#notes];
    const add = (effect: FileProblem['effect'], message: string, cause?: WinbackError): void => {
      problems.push({ path: '', error: this.#error(message, cause), effect });
    };
    const attempt = (what: string, effect: FileProblem['effect'], look: () => void): void => {
      try {
        look();
      } catch (error) {
        if (!isWinbackError(error)) throw error;
        add(effect, `${what}: ${error.message}`, error);
      }
    };
    attempt('$Volume cannot be read', 'note', () => {
      if (this.metadata.isDirty) add('note', 'the volume is marked dirty: chkdsk has something to do');
    });
    attempt('$LogFile cannot be read', 'note', () => {
      if (!this.metadata.isUnmounted) add('note', 'the volume is in use or was not unmounted: what was written last may be missing');
    });
    attempt('it cannot be said whether files are missing', 'incomplete', () => {
      const { files, damagedRecords } = this.metadata.tree.lost(this.metadata.recordsInUse());
      const named = damagedRecords.length > 0 ? nameDamagedFiles(damagedRecords, this.#walk, this.metadata) : [];
      problems.push(...named);
      if (damagedRecords.length > 0)
        add('incomplete', `${damagedRecords.length} FILE records are damaged: the files that they belong to are missing`);
      if (files > 0) {
        const effect = damagedRecords.length > 0 ? 'incomplete' : 'note';
        add(effect, `${files} files or folders lie in no folder of the volume and are left out`);
      }
    });
    return problems;
  }

  #note(message: string, cause?: WinbackError): void {
    this.#notes.push({ path: '', error: this.#error(message, cause), effect: 'note' });
  }

  #error(message: string, cause?: WinbackError): SourceError {
    return new SourceError('SOURCE_UNREADABLE', `${this.source.name}: ${message}`, { path: '' }, cause ? { cause } : {});
  }
}
