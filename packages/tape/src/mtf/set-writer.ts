import {
  parentOf,
  type BackupCatalog,
  type BackupSetDescription,
  type BackupSetWriter,
  type BackupStreamSource,
  type BackupVersion,
  type FileEntry,
  type MaybePromise,
  type VolumeIdentity,
} from '@winback/core';
import { putString, shorten } from './block-strings.js';
import { fourCharacters, FsAttribute, LZS221, SetAttribute, VENDOR_WINBACK, VolumeAttribute, WinbackStreamId } from './constants.js';
import { writeDateTime } from './date-time.js';
import { EndOfSetBlock, NtVolumeData, BlockHeader, SetBlock, VolumeBlock } from './layout/index.js';
import { ObjectWriter } from './object-writer.js';
import { SetCatalog, type CatalogPlan, type EndFields } from './catalog/set-catalog.js';
import type { SetMedium } from './set-medium.js';
import type { StoredCatalog } from './stored-catalog.js';
import { SOFTWARE_MAJOR, SOFTWARE_MINOR } from './software.js';
import { templates } from './templates.js';

/** What a set writer needs of the target that opened it. */
export interface SetWriterParts {
  readonly medium: SetMedium;
  readonly number: number;
  readonly description: BackupSetDescription;
  /** Seconds since 1970. */
  readonly time: number;
  /** Whether streams are compressed. */
  readonly compress?: boolean | undefined;
  /** The catalog that the medium is to have beside Winback's own. */
  readonly catalog?: CatalogPlan | undefined;
  /** Called once the set is durable. */
  readonly committed: () => BackupVersion;
  /** Takes everything away that was written since the set began. */
  readonly aborted: () => void;
}

// What a block has room for beside its fixed part; the whole texts stand in the catalog.
const NAME_UNITS = 120;
const DESCRIPTION_UNITS = 200;
const USER_UNITS = 80;

const implied = (path: string): FileEntry => ({
  path,
  kind: 'directory',
  attributes: 0x10,
  size: 0,
  times: { lastWrite: 0n },
  linkCount: 1,
  implied: true,
});

/** Appends one data set to a file or a tape. */
export class MtfSetWriter implements BackupSetWriter {
  readonly #objects: ObjectWriter;
  readonly #start: number;
  readonly #catalog: SetCatalog | undefined;
  /** Number of the ESET among the set's blocks; there may be two of them. */
  #endNumber: number | undefined;
  readonly #volumes: VolumeIdentity[] = [];
  /** The folder that files written now belong to. */
  #current: string | undefined;
  #state: 'open' | 'failed' | 'done' = 'open';

  constructor(private readonly parts: SetWriterParts) {
    const { out } = parts.medium;
    this.#start = out.position;
    this.#catalog = parts.catalog ? new SetCatalog(parts.catalog) : undefined;
    this.#objects = new ObjectWriter(out, this.#start, parts.time, parts.compress, this.#catalog);
    this.#do(() => {
      this.#writeStart();
    });
  }

  get bytesWritten(): number {
    return this.parts.medium.out.position - this.#start;
  }

  beginVolume(volume: VolumeIdentity): void {
    this.#do(() => {
      this.#writeVolume(volume);
      this.#volumes.push(volume);
      this.#current = undefined;
    });
  }

  add(entry: FileEntry, streams: BackupStreamSource): void {
    if (this.#state !== 'open' || this.#volumes.length === 0) this.#refuse();
    this.#state = 'failed'; // until the file is whole: an error in between leaves half of it
    if (entry.kind === 'directory') {
      this.#objects.directory(entry, streams);
      this.#current = entry.path;
    } else {
      const parent = parentOf(entry.path);
      if (parent !== this.#current) {
        this.#objects.directory(implied(parent), undefined);
        this.#current = parent;
      }
      this.#objects.file(entry, streams);
    }
    this.#state = 'open';
  }

  commit(catalog: BackupCatalog): MaybePromise<BackupVersion> {
    const { out } = this.parts.medium;
    const syncs = this.#do(() => {
      out.flush();
      return out.syncs();
    });
    return syncs ? syncs.then(() => this.#finish(catalog)) : this.#finish(catalog);
  }

  #finish(catalog: BackupCatalog): BackupVersion {
    return this.#do(() => {
      const { medium } = this.parts;
      medium.endOfData();
      if (!medium.isAligned) this.#writePad();
      medium.sync(); // the filemarks that commit the set must not reach the disk before it
      medium.filemark();
      this.#writeEnd(catalog);
      medium.filemark();
      medium.out.flush();
      medium.sync();
      medium.out.close();
      const version = this.parts.committed();
      this.#state = 'done';
      return version;
    });
  }

  abort(): MaybePromise<void> {
    if (this.#state === 'done') return undefined;
    this.#state = 'done';
    const { medium, aborted } = this.parts;
    const { out } = medium;
    this.#catalog?.[Symbol.dispose]();
    out.discard();
    // What failed does not matter any more, that it has ended does: the file's end is taken away and the file is closed.
    const syncs = out.syncs();
    if (syncs) return syncs.then(aborted, aborted);
    aborted();
    return undefined;
  }

  /** Runs one step; after an error in it the set can only be aborted. */
  #do<T>(step: () => T): T {
    if (this.#state !== 'open') this.#refuse();
    this.#state = 'failed';
    const result = step();
    if ((this.#state as string) === 'failed') this.#state = 'open';
    return result;
  }

  #refuse(): never {
    if (this.#state === 'failed') throw new TypeError('the set is lost since an earlier error; abort it');
    if (this.#state === 'done') throw new TypeError('the set was committed or aborted');
    throw new TypeError('beginVolume comes before the first file');
  }

  #writeStart(): void {
    const { medium, description, number, time } = this.parts;
    const { out } = medium;
    const pba = medium.pbaOf(this.#start);
    const start = out.block(
      SetBlock.encode({
        ...templates.set,
        header: { ...templates.set.header, attributes: this.#catalog?.setAttributes ?? 0 },
        setAttributes: description.kind === 'copy' ? SetAttribute.COPY : SetAttribute.NORMAL,
        compressionAlgorithm: this.parts.compress === true ? LZS221 : 0,
        vendorId: VENDOR_WINBACK,
        setNumber: number & 0xffff,
        pba,
        softwareMajor: SOFTWARE_MAJOR,
        softwareMinor: SOFTWARE_MINOR,
        catalogVersion: this.#catalog?.version ?? 0,
      }),
    );
    writeDateTime(out.view, start + SetBlock.offsetOf('date'), time);
    putString(out, start, SetBlock.offsetOf('setName'), shorten(description.name, NAME_UNITS));
    putString(out, start, SetBlock.offsetOf('setDescription'), shorten(description.description, DESCRIPTION_UNITS));
    putString(out, start, SetBlock.offsetOf('userName'), shorten(description.user, USER_UNITS));
    this.#objects.mark(start);
    this.#objects.seal(start);
    this.#catalog?.set(out.bytes.subarray(start, out.at), pba);
    out.spad();
  }

  #writeVolume(volume: VolumeIdentity): void {
    const { medium, description, time } = this.parts;
    const { out } = medium;
    const template = VolumeBlock.encode({ ...templates.volume, volumeAttributes: deviceKind(volume.root) });
    const start = this.#objects.begin(template);
    writeDateTime(out.view, start + VolumeBlock.offsetOf('date'), time);
    putString(out, start, VolumeBlock.offsetOf('deviceName'), shorten(deviceName(volume.root), DESCRIPTION_UNITS));
    putString(out, start, VolumeBlock.offsetOf('volumeName'), shorten(volume.label ?? '', USER_UNITS));
    putString(out, start, VolumeBlock.offsetOf('machineName'), shorten(description.machine, USER_UNITS));
    out.align4();
    const data = BlockHeader.offsetOf('osSpecificData');
    out.view.setUint16(start + data, NtVolumeData.size, true);
    out.view.setUint16(start + data + 2, out.at - start, true);
    out.bytes.set(NtVolumeData.encode(NtVolumeData.create()), out.at);
    out.at += NtVolumeData.size;
    this.#objects.seal(start);
    this.#catalog?.volume(out.bytes.subarray(start, out.at));
    out.bytesStream(fourCharacters(WinbackStreamId.VOLUME), FsAttribute.NON_PORTABLE, Buffer.from(JSON.stringify(volume)));
    out.spad();
  }

  /** Fills the physical block at the end of the set. */
  #writePad(): void {
    const { medium } = this.parts;
    this.#objects.seal(this.#objects.begin(templates.pad));
    medium.lastSpad();
  }

  #writeEnd(catalog: BackupCatalog): void {
    const { medium, description } = this.parts;
    const stored: StoredCatalog = { format: 1, ...description, volumes: this.#volumes, catalog };
    if (this.#catalog) {
      this.#catalog.writeEnd((fields) => this.#putEnd(fields), stored, this.#objects.corrupt);
      return;
    }
    this.#putEnd({});
    medium.out.bytesStream(fourCharacters(WinbackStreamId.CATALOG), FsAttribute.NON_PORTABLE, Buffer.from(JSON.stringify(stored)));
    medium.lastSpad();
  }

  /** An ESET up to its first stream. */
  #putEnd({ attributes = 0, ...fields }: EndFields): Buffer {
    const { medium, description, number, time } = this.parts;
    const { out } = medium;
    const end = EndOfSetBlock.encode({
      ...templates.endOfSet,
      setAttributes: description.kind === 'copy' ? SetAttribute.COPY : SetAttribute.NORMAL,
      corruptObjects: this.#objects.corrupt,
      setNumber: number & 0xffff,
      ...fields,
    });
    const endNumber = (this.#endNumber ??= this.#objects.nextNumber);
    const start = this.#objects.begin(end);
    out.view.setUint32(start + BlockHeader.offsetOf('controlBlockId'), endNumber, true);
    const at = start + BlockHeader.offsetOf('attributes');
    out.view.setUint32(at, (out.view.getUint32(at, true) | attributes) >>> 0, true);
    // The address counts from the SSET; the specification has 0 here.
    out.bytes.fill(0, start + BlockHeader.offsetOf('fla'), start + BlockHeader.offsetOf('fla') + 8);
    writeDateTime(out.view, start + EndOfSetBlock.offsetOf('date'), time);
    this.#objects.seal(start);
    return Buffer.from(out.bytes.subarray(start, out.at));
  }
}

function deviceKind(root: string): number {
  if (/^[a-z]:\\?$/i.test(root)) return VolumeAttribute.DEV_DRIVE;
  return root.startsWith('\\\\') && !/^\\\\[.?]\\/.test(root) ? VolumeAttribute.DEV_UNC : VolumeAttribute.DEV_OS_SPECIFIC;
}

const deviceName = (root: string): string => (/^[a-z]:\\$/i.test(root) ? root.slice(0, 2) : root);
