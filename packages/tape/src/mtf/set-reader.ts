import {
  FormatError,
  isWinbackError,
  joinPath,
  type BackupSetReader,
  type BackupVersion,
  type FileEntry,
  type StoredFile,
  type TargetDamage,
  type VolumeIdentity,
  type WinbackError,
} from '@winback/core';
import { blockProblem, peekBlock, type BlockHead } from './block-head.js';
import { BlockStreams } from './block-streams.js';
import { BlockType, OsId, WinbackStreamId } from './constants.js';
import { faultOf } from './corrupt-object.js';
import { applyFacts } from './facts-stream.js';
import type { FileWindow } from './file-window.js';
import { nextCandidate } from './forward-walk.js';
import { linkPath } from './link-path.js';
import { pathOf, readObject, type ObjectHead } from './object-reader.js';
import { readVolumeHead, volumeOf } from './set-head.js';
import { blockEnd } from './skip-block.js';
import { decodeVolume } from './stored-catalog.js';
import type { ListedSet } from './version-list.js';

const NAME_LIMIT = 1 << 20;
const TYPES = new Set<string>(Object.values(BlockType));
const TERMINATORS = new Set<string>([BlockType.ESET, BlockType.SFMB, BlockType.SSET, BlockType.EOTM, BlockType.TAPE]);
/** Damage that is listed one by one; a file of nothing but damage must not fill the memory. */
const DAMAGE_LIMIT = 10_000;

/** A file of a set, whose streams never keep anybody waiting. */
export interface MtfStoredFile extends StoredFile {
  readonly streams: BlockStreams;
}

/** Reads one data set from its start to its end. Past damage it goes on at the next whole block. */
export class MtfSetReader implements BackupSetReader {
  readonly damage: TargetDamage[] = [];
  readonly version: BackupVersion;
  readonly #streams: BlockStreams;
  readonly #start: number;
  readonly #end: number;
  readonly #endKnown: boolean;
  /** Where the next block is expected; undefined while a file's streams are being read. */
  #at: number | undefined;
  #done = false;
  /** What stands behind the set was met. */
  #endMet = false;
  #checkFla: boolean | undefined;
  #volume: VolumeIdentity;
  #volumes = 0;
  #rootSeen = false;
  #folder = '';
  #folderId: number | undefined;
  /** Damage was met since the last DIRB: the next files may belong to one that is lost. */
  #searching = false;
  #path: string | undefined;
  #faults: string[] = [];
  /** The block whose streams are being read. */
  #current: BlockHead | undefined;
  /** Where the last whole block stands. */
  #lastAt = 0;
  #unfinishedNoted = false;

  /** @param lost why the bytes of the set end before its end, once that was met */
  constructor(
    private readonly window: FileWindow,
    private readonly flb: number,
    private readonly set: ListedSet,
    private readonly lost: () => WinbackError | undefined = () => undefined,
  ) {
    const { place, stored, version } = set;
    this.version = version;
    this.#start = place.at;
    this.#at = place.at;
    this.#endKnown = place.end !== undefined;
    this.#end = place.end ?? window.size;
    this.#volume = stored?.volumes[0] ?? { root: version.volumes[0] ?? '', fileSystem: '', device: version.volumes[0] ?? '' };
    this.#streams = new BlockStreams(
      window,
      (error) => {
        this.#note(error, this.#path);
      },
      () => {
        this.#finishFile();
      },
    );
  }

  get position(): { at: number; of: number } {
    const at = this.#at ?? Math.max(this.#lastAt, this.#streams.at);
    return { at: Math.min(at, this.#end) - this.#start, of: this.#end - this.#start };
  }

  next(): MtfStoredFile | undefined {
    this.#finishFile();
    while (!this.#done && this.#at !== undefined && this.#at < this.#end) {
      const head = peekBlock(this.window, this.#at);
      if (!head) {
        if (this.lost() && this.window.behindGap(this.#at) !== this.#at) break;
        this.#search(this.#at, blockProblem(this.window, this.#at));
        continue;
      }
      this.#lastAt = this.#at;
      if (!this.#belongs(head)) continue;
      if (head.type === BlockType.DIRB || head.type === BlockType.FILE) {
        const file = this.#object(head, head.type);
        if (file) return file;
      } else if (head.type === BlockType.VOLB) this.#enterVolume(head);
      else this.#pass(head);
    }
    this.#done = true;
    if (!this.#endKnown) this.#noteUnfinished();
    const error = this.lost();
    if (error && !this.damage.some((one) => one.error === error)) this.damage.push({ error });
    return undefined;
  }

  close(): void {
    this.window.close();
  }

  /** Bytes of a format logical block. */
  get logicalBlock(): number {
    return this.flb;
  }

  /** Where the block stands that was read last. */
  get blockAt(): number {
    return this.#lastAt;
  }

  /** The same as an address of the set. */
  get blockFla(): number {
    return (this.#lastAt - this.#start) / this.flb;
  }

  /** Ends the current file, and tells where the next block stands; undefined where that is lost. */
  finish(): number | undefined {
    this.#finishFile();
    return this.#at;
  }

  /** Goes on with an object of the set that is known to stand at a place, in this folder. */
  goTo(at: number, volume: VolumeIdentity, folder: string): void {
    this.#finishFile();
    this.#at = at;
    this.#done = false;
    this.#checkFla = true;
    this.#searching = false;
    this.#volume = volume;
    this.#folder = folder;
    this.#folderId = undefined;
  }

  #note(error: FormatError, path?: string): void {
    if (this.damage.length < DAMAGE_LIMIT) this.damage.push(path === undefined ? { error } : { error, path });
  }

  #noteUnfinished(): void {
    // A set on several media has its end on the last one.
    const hasEnd = this.set.place.committedEnd !== undefined && (this.#endMet || this.lost() !== undefined);
    if (this.#unfinishedNoted || hasEnd) return;
    this.#unfinishedNoted = true;
    this.#note(new FormatError('FORMAT_SHORT', 'the set was never finished: it has no end', { struct: 'MTF_ESET', offset: this.#end }));
  }

  /** Goes to the next place where a block of this set stands. */
  #search(from: number, error: FormatError | undefined): void {
    if (error) this.#note(error);
    this.#searching = true;
    for (let at = nextCandidate(from, { at: this.#start }, { flb: this.flb }); at < this.#end; at += this.flb) {
      const head = peekBlock(this.window, at);
      if (!head && this.window.behindGap(at) !== at) break; // a set has no gaps
      if (head && (TERMINATORS.has(head.type) ? !this.#endKnown && head.fla === 0 : TYPES.has(head.type) && this.#fits(head))) {
        this.#at = at;
        return;
      }
    }
    this.#at = this.#end;
  }

  readonly #fits = (head: BlockHead): boolean => this.#start + head.fla * this.flb === head.at;

  /** Whether a whole block is part of the set; if not, the place to go on is set. */
  #belongs(head: BlockHead): boolean {
    if (head.at === this.#start && head.type === BlockType.SSET) {
      if (this.set.head.continuation) this.#note(continued(head.at, 'began on an earlier medium: files cut there cannot be read'));
      this.#pass(head);
      return false;
    }
    if (TERMINATORS.has(head.type)) {
      if (head.type === BlockType.EOTM) this.#note(continued(head.at, 'goes on on another medium, which is not read'));
      if (!this.#endKnown) this.#done = this.#endMet = true;
      else {
        const place = { struct: 'MTF_DB_HDR', field: 'type', offset: head.at, actual: head.type };
        this.#search(head.at, new FormatError('FORMAT_STRUCTURE', `${head.type} stands in the middle of a set`, place));
      }
      return false;
    }
    // Writers that give no addresses give none from the first block on.
    this.#checkFla ??= this.#fits(head) || this.#searching;
    if (!this.#checkFla || this.#fits(head)) return true;
    const expected = (head.at - this.#start) / this.flb;
    const place = { struct: 'MTF_DB_HDR', field: 'fla', offset: head.at, expected, actual: head.fla };
    this.#search(
      head.at,
      new FormatError('FORMAT_STRUCTURE', `this ${head.type} belongs to logical block ${head.fla}, not ${expected}`, place),
    );
    return false;
  }

  /** Skips a block with its streams. */
  #pass(head: BlockHead): void {
    this.#path = undefined;
    this.#streams.begin(head);
    this.#afterStreams(head);
  }

  /** Goes to the block after the current one. */
  #afterStreams(head: BlockHead): void {
    const end = this.#streams.finish();
    if (end !== undefined) this.#at = end;
    else this.#search(Math.max(this.#streams.failedAt ?? head.at, head.at), undefined);
  }

  #enterVolume(head: BlockHead): void {
    const volume = readVolumeHead(this.window, head.at);
    this.#streams.begin(head);
    this.#path = undefined;
    let identity: VolumeIdentity | undefined;
    try {
      for (let raw = this.#streams.nextRaw(); raw && !identity; raw = this.#streams.nextRaw()) {
        if (raw.id === WinbackStreamId.VOLUME) identity = decodeVolume(this.#streams.readAll(NAME_LIMIT), raw.at);
      }
    } catch (error) {
      this.#caught(error);
    }
    const isNtfs = head.osId === OsId.NT && this.set.stored === undefined;
    this.#volume = identity ?? this.set.stored?.volumes[this.#volumes] ?? volumeOf(volume, isNtfs);
    this.#volumes++;
    this.#rootSeen = false;
    this.#folder = '';
    this.#folderId = undefined;
    this.#afterStreams(head);
  }

  /** Errors that the streams noted themselves are known; others are noted here. */
  #caught(error: unknown): void {
    if (!isWinbackError(error) || !(error instanceof FormatError)) throw error;
    this.#streams.reject(error);
  }

  #object(head: BlockHead, type: 'DIRB' | 'FILE'): MtfStoredFile | undefined {
    const object = readObject(this.window, head, type, this.set.head.zone);
    if (!object) {
      const place = { struct: `MTF_${type}`, field: 'offsetToFirstEvent', offset: head.at, actual: head.offsetToFirstEvent };
      this.#search(head.at, new FormatError('FORMAT_RANGE', 'the block ends inside its own fields', place));
      return undefined;
    }
    this.#streams.begin(head);
    this.#path = undefined;
    const isFolder = type === 'DIRB';
    const read = this.#prologue(object, isFolder);
    if (isFolder) this.#enterFolder(read?.path, object.directoryId);
    if (!read) {
      this.#pass(head);
      return undefined;
    }
    this.#path = read.path;
    this.#at = undefined;
    this.#faults = [];
    this.#current = head;
    return { volume: this.#volume, entry: read, streams: this.#streams, faults: this.#faults };
  }

  #enterFolder(path: string | undefined, id: number): void {
    // A second root where damage was just passed belongs to the next volume, whose block is lost.
    const { stored } = this.set;
    if (path === '' && this.#searching && this.#rootSeen && stored && this.#volumes < stored.volumes.length) {
      this.#volume = stored.volumes[this.#volumes] ?? this.#volume;
      this.#volumes++;
    }
    if (path === '') this.#rootSeen = true;
    this.#searching = path === undefined;
    this.#folder = path ?? lostFolder(id);
    this.#folderId = id;
  }

  /** The streams that come before the file's own: its name and the facts that the block has no room for. */
  #prologue(object: ObjectHead, isFolder: boolean): FileEntry | undefined {
    const streams = this.#streams;
    let name = object.name;
    let entry: FileEntry = { path: '', ...object.facts };
    let linked = false;
    if (name !== undefined) this.#path = isFolder ? name : this.#pathOfFile(name, object.directoryId);
    try {
      for (let raw = streams.nextRaw(); raw; raw = streams.nextRaw()) {
        if (raw.id === 'PNAM' || raw.id === 'FNAM') {
          const text = streams.readAll(NAME_LIMIT).toString('utf16le');
          name ??= isFolder ? pathOf(text) : text.replace(/\0+$/, '');
        } else if (raw.id === WinbackStreamId.FACTS) {
          const { at } = raw;
          const data = streams.readAll(NAME_LIMIT);
          entry = applyFacts(entry, data, at, object.checksum);
          linked = true;
        } else {
          streams.unread(raw);
          break;
        }
      }
    } catch (error) {
      this.#caught(error);
      // A folder that may have another name would take its files along.
      if (isFolder) return undefined;
    }
    if (name === undefined) return undefined;
    const path = isFolder ? name : this.#pathOfFile(name, object.directoryId);
    const linkTo = object.isLink && !linked ? linkPath(this.window, this.#lastAt) : undefined;
    return { ...entry, path, ...(linkTo === undefined ? {} : { linkTo }) };
  }

  #pathOfFile(leaf: string, directoryId: number): string {
    if (this.#searching && directoryId !== this.#folderId) {
      this.#folder = lostFolder(directoryId);
      this.#folderId = directoryId;
    }
    return joinPath(this.#folder, leaf);
  }

  /** Skips what was not read of the current file, and reads what the backup noted about it. */
  #finishFile(): void {
    const head = this.#current;
    if (!head) return;
    this.#current = undefined;
    this.#afterStreams(head);
    for (const id of this.#streams.marked) this.#faults.push(`its stream ${id} was marked as corrupt when the backup was made`);
    while (this.#at !== undefined && this.#at < this.#end) {
      const block = peekBlock(this.window, this.#at);
      if (block?.type !== BlockType.CFIL) break;
      const end = blockEnd(this.window, block);
      if (typeof end !== 'number') break; // met again, and noted, on the way to the next file
      const fault = faultOf(this.window, block, this.#streams.ids);
      if (fault !== undefined) this.#faults.push(fault);
      this.#at = end;
    }
    this.#path = undefined;
  }
}

/** Stands for a folder whose block is damaged, so that its files can be had. */
const lostFolder = (id: number): string => `lost folder ${id}`;

const continued = (offset: number, what: string): FormatError =>
  new FormatError('FORMAT_UNSUPPORTED', `the set ${what}`, { struct: 'MTF_SSET', offset });
