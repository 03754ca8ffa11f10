import {
  FormatError,
  joinPath,
  type BackupSetReader,
  type BackupVersion,
  type FileEntry,
  type OpenSetOptions,
  type StoredFile,
  type TargetDamage,
  type VolumeIdentity,
} from '@winback/core';
import { peekBlock, type BlockHead } from '../block-head.js';
import type { BlockStreams } from '../block-streams.js';
import { BlockType } from '../constants.js';
import type { FileWindow } from '../file-window.js';
import { readObject, type ObjectHead } from '../object-reader.js';
import { readVolumeHead, volumeOf } from '../set-head.js';
import type { MtfSetReader } from '../set-reader.js';
import type { StoredCatalog } from '../stored-catalog.js';
import { factsOf, type DetailEntry } from './detail-entries.js';
import type { DetailFile } from './detail-file.js';

/** A set on one medium, where its objects can be gone to. */
export interface SetOnMedium {
  readonly window: FileWindow;
  readonly reader: MtfSetReader;
  /** Where the logical block with address 0 would stand; before the beginning where the set goes on. */
  readonly origin: number;
  /** The folder that is repeated where the set goes on. */
  readonly repeated?: { readonly path: string; readonly id: number } | undefined;
}

export interface DetailReaderParts {
  readonly version: BackupVersion;
  readonly detail: DetailFile;
  readonly stored: StoredCatalog | undefined;
  readonly flb: number;
  /** Of the set, quarter hours. */
  readonly zone: number;
  /** The set on the medium of a number. @throws FORMAT_*, where another set stands there */
  readonly open: (mediaSequence: number) => SetOnMedium;
  /** Reads the set from its beginning. */
  readonly walk: () => MtfSetReader;
  readonly options: OpenSetOptions;
}

/** A file whose streams never keep anybody waiting. */
export interface DetailFileFound extends StoredFile {
  readonly streams: Pick<BlockStreams, 'next' | 'readInto'>;
}

const NO_STREAMS: DetailFileFound['streams'] = { next: () => undefined, readInto: () => 0 };

/**
 * Gives the files of a set that are asked for by the set's catalog, without reading the others. What stands at an address must be what the
 * catalog says, and so must what stands behind it; where it is not, the set is read from its beginning, without what was given before.
 */
export class DetailReader implements BackupSetReader {
  readonly version: BackupVersion;
  readonly #damage: TargetDamage[] = [];
  readonly #entries: Generator<DetailEntry, number, undefined>;
  #media: (SetOnMedium & { readonly sequence: number }) | undefined;
  #walk: MtfSetReader | undefined;
  /** Addresses of what was given: from, and to. */
  readonly #given: [number, number][] = [];
  #volume: VolumeIdentity = { root: '', fileSystem: '', device: '' };
  #volumes = 0;
  #folder = '';
  #folderEntry: { readonly fla: number; readonly mediaSequence: number; readonly size: number } | undefined;
  /** Of the folder as it stands on the medium; undefined: nobody looked yet. */
  #folderId: number | undefined;
  /** The file that was given last, whose end is still to be seen. */
  #current: { readonly fla: number; readonly media: SetOnMedium } | undefined;
  #done = false;
  #gave = false;
  #at = 0;

  constructor(private readonly parts: DetailReaderParts) {
    this.version = parts.version;
    this.#entries = parts.detail.entries();
  }

  get damage(): readonly TargetDamage[] {
    return [...this.#damage, ...(this.#walk?.damage ?? [])];
  }

  get position(): { at: number; of: number } {
    return this.#walk ? this.#walk.position : { at: this.#at, of: this.parts.detail.size };
  }

  next(): DetailFileFound | undefined {
    if (this.#walk) return this.#nextOfWalk(this.#walk);
    if (this.#done) return undefined;
    try {
      return this.#nextOfDetail();
    } catch (error) {
      if (error instanceof FormatError) return this.#fallBack(error);
      throw error;
    }
  }

  close(): void {
    this.#leaveMedia();
    this.#walk?.close();
    this.parts.detail[Symbol.dispose]();
  }

  #nextOfDetail(): DetailFileFound | undefined {
    const { wants, listing } = this.parts.options;
    let behind = this.#finishCurrent();
    for (let next = this.#entries.next(); next.done !== true; next = this.#entries.next()) {
      const entry = next.value;
      this.#at += entry.bytes.length;
      if (entry.type === BlockType.CFIL) continue; // read with the object before it
      if (behind !== undefined && entry.mediaSequence === this.#media?.sequence) this.#expect(entry, behind);
      behind = undefined;
      if (entry.type === BlockType.VOLB) {
        this.#enterVolume(entry);
        continue;
      }
      const { name } = entry;
      if (name === undefined) throw lies(entry, 'has no name');
      if (entry.type === BlockType.DIRB) this.#enterFolder(entry, name);
      const path = entry.type === BlockType.DIRB ? name : joinPath(this.#folder, name);
      if (wants && !wants(this.#volume, path)) continue;
      this.#gave = true;
      return listing === true ? this.#listed(entry, path) : this.#object(entry, path);
    }
    // The blocks behind the last file are no objects, or they are missing in the catalog.
    const block = behind === undefined ? undefined : this.#media && peekBlock(this.#media.window, behind);
    if (block && OBJECTS.has(block.type)) throw at(block.at, `a ${block.type} stands here that the catalog lacks`);
    this.#done = true;
    // What another program, or nobody knows who, wrote may lack what was asked for.
    if (!wants || this.#gave || this.parts.detail.isProven) return undefined;
    this.#leaveMedia();
    this.#walk = this.parts.walk();
    return this.#nextOfWalk(this.#walk);
  }

  /** Where the next block stands behind the file that was given last; undefined where that is not known. */
  #finishCurrent(): number | undefined {
    const current = this.#current;
    if (!current) return undefined;
    this.#current = undefined;
    const { media } = current;
    const end = media.reader.finish();
    const isDamaged = media.reader.damage.length > 0;
    this.#take(media);
    const last = this.#given.at(-1);
    const endFla = end === undefined ? current.fla + 1 : (end - media.origin) / this.parts.flb;
    if (last?.[1] === current.fla) last[1] = endFla;
    else this.#given.push([current.fla, endFla]);
    return isDamaged ? undefined : end;
  }

  /** Takes over what a reader noted. */
  #take({ reader }: SetOnMedium): void {
    this.#damage.push(...reader.damage.splice(0));
  }

  #enterVolume({ volume }: DetailEntry): void {
    const { stored } = this.parts;
    this.#volume = stored?.volumes[this.#volumes] ?? volumeOf(volume, stored === undefined);
    this.#volumes++;
    this.#folder = '';
    this.#folderEntry = undefined;
    this.#folderId = undefined;
  }

  #enterFolder({ fla, mediaSequence, displayableSize }: DetailEntry, path: string): void {
    this.#folder = path;
    this.#folderEntry = { fla, mediaSequence, size: displayableSize };
    this.#folderId = undefined;
  }

  /** A file whose streams are not asked for. */
  #listed(entry: DetailEntry, path: string): DetailFileFound {
    const file: FileEntry = { path, ...withoutPath(factsOf(entry, this.parts.zone)) };
    return { volume: this.#volume, entry: file, streams: NO_STREAMS, faults: [] };
  }

  #object(entry: DetailEntry, path: string): DetailFileFound {
    const media = this.#on(entry.mediaSequence);
    const place = media.origin + entry.fla * this.parts.flb;
    const found = this.#expect(entry, place);
    if (entry.type === BlockType.FILE) this.#expectFolder(media, found.object, place);
    media.reader.goTo(place, this.#volume, this.#folder);
    const file = media.reader.next();
    // Damage in what the object says of itself: the walk tells of it as it always does.
    if (!file || media.reader.blockAt !== place || file.entry.path !== path) {
      media.reader.damage.length = 0;
      throw at(place, `the catalog has ${path} here, which cannot be read`);
    }
    if (file.volume !== this.#volume) throw at(place, 'the volume is another one');
    this.#current = { fla: entry.fla, media };
    return file;
  }

  /** What a place must have. */
  #expect(entry: DetailEntry, place: number): { readonly head: BlockHead; readonly object: ObjectHead | undefined } {
    const media = this.#on(entry.mediaSequence);
    const head = peekBlock(media.window, place);
    if (head?.type !== entry.type || head.fla !== entry.fla || media.origin + head.fla * this.parts.flb !== place)
      throw at(place, `the catalog has a ${entry.type} here, and there is none`);
    if (entry.type === BlockType.VOLB) {
      const volume = readVolumeHead(media.window, place);
      if (volume?.device !== entry.volume?.device || volume?.label !== entry.volume?.label)
        throw at(place, 'the catalog has another volume here');
      return { head, object: undefined };
    }
    const object = readObject(media.window, head, entry.type === BlockType.DIRB ? 'DIRB' : 'FILE', this.parts.zone);
    if (!object || head.displayableSize !== entry.displayableSize || (object.name !== undefined && object.name !== entry.name))
      throw at(place, `the catalog has another ${entry.type} here`);
    return { head, object };
  }

  /** A file says the number of its folder only: the folder must be the one that the catalog has before it. */
  #expectFolder(media: SetOnMedium, file: ObjectHead | undefined, place: number): void {
    this.#folderId ??= this.#idOfFolder(media);
    if (file && file.directoryId === this.#folderId) return;
    throw at(place, `the catalog has a file of ${this.#folder === '' ? 'the root' : this.#folder} here`);
  }

  #idOfFolder(media: SetOnMedium): number | undefined {
    const folder = this.#folderEntry;
    if (!folder) return 0; // files before any folder
    if (folder.mediaSequence !== this.#media?.sequence) return media.repeated?.path === this.#folder ? media.repeated.id : undefined;
    const place = media.origin + folder.fla * this.parts.flb;
    const head = peekBlock(media.window, place);
    const object =
      head?.type === BlockType.DIRB && head.fla === folder.fla ? readObject(media.window, head, 'DIRB', this.parts.zone) : undefined;
    if (!object) return undefined;
    if (object.name === undefined) {
      // Its name stands in a stream.
      media.reader.goTo(place, this.#volume, '');
      return media.reader.next()?.entry.path === this.#folder ? object.directoryId : undefined;
    }
    return object.name === this.#folder ? object.directoryId : undefined;
  }

  #on(sequence: number): SetOnMedium {
    if (this.#media?.sequence === sequence) return this.#media;
    this.#leaveMedia();
    const media = { ...this.parts.open(sequence), sequence };
    this.#media = media;
    return media;
  }

  #leaveMedia(): void {
    const media = this.#media;
    this.#media = undefined;
    if (!media) return;
    this.#take(media);
    media.reader.close();
  }

  #fallBack(error: FormatError): DetailFileFound | undefined {
    this.#damage.push({ error });
    if (this.#media) this.#media.reader.damage.length = 0;
    this.#leaveMedia();
    this.#walk = this.parts.walk();
    return this.#nextOfWalk(this.#walk);
  }

  #nextOfWalk(walk: MtfSetReader): DetailFileFound | undefined {
    for (let file = walk.next(); file; file = walk.next()) {
      const fla = walk.blockFla;
      if (!this.#given.some(([from, to]) => fla >= from && fla < to)) return file;
    }
    return undefined;
  }
}

const OBJECTS = new Set<string>([BlockType.VOLB, BlockType.DIRB, BlockType.FILE]);

const withoutPath = ({ ...facts }: Omit<FileEntry, 'path'>): Omit<FileEntry, 'path'> => {
  Reflect.deleteProperty(facts, 'path');
  return facts;
};

const NOTE = { hint: 'the set is read from its beginning' };
const at = (offset: number, text: string): FormatError => new FormatError('FORMAT_STRUCTURE', text, { struct: 'MTF_DB_HDR', offset }, NOTE);
const lies = ({ type, fla }: DetailEntry, text: string): FormatError =>
  new FormatError(
    'FORMAT_STRUCTURE',
    `an entry of the catalog, ${type} of logical block ${String(fla)}, ${text}`,
    { struct: type, offset: fla },
    NOTE,
  );
