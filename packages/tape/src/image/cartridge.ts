import { type Random } from '@winback/core/base';
import { AppendBuffer } from '@winback/core/io';
import { fdatasyncSync, fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import { tapeError, TapeStatus, type OpenTapeOptions } from '../api/index.js';
import { CartridgeHeader, CartridgePartition } from './cartridge.layout.js';
import {
  DATA_START,
  encodeHeader,
  HEADER_SIZE,
  isUnfinished,
  newestHeader,
  type HeaderFields,
  type PartitionFields,
} from './cartridge-header.js';
import { CartridgeTrack, type TrackHost } from './cartridge-track.js';
import { beginWriteBack } from './ffi/file-hints.js';
import { syncFolder } from './folder-sync.js';
import { imageError, openImage, type ImageFile } from './image-file.js';
import { MAXIMUM_BLOCK_SIZE, type Medium, type MediumFeatures, type MediumSettings, usualWarningZone } from './medium.js';

/** Bytes after which the header tells the end of data anew, so that little is to be searched for it after a crash. */
const HEADER_EVERY = 64 << 20;
const DEFAULT_CAPACITY = 2 ** 40;
const SMALLEST_CAPACITY = 1 << 16;
const Flag = { WRITE_PROTECTED: 1, COMPRESSION: 2, NO_SETMARKS: 4 } as const;

/** How a cartridge is made that does not exist yet. */
export interface NewCartridge {
  /** Bytes; 1 TiB where it is not given. */
  readonly capacity?: number | undefined;
  /** Bytes before the end; 1/16 of the capacity, and 16 MiB at most. */
  readonly warningZone?: number | undefined;
}

/** A cartridge in a file of Winback's own format. */
export class ImageCartridge implements Medium, TrackHost {
  readonly features: MediumFeatures = { setmarks: true, partitions: true, maximumBlockSize: MAXIMUM_BLOCK_SIZE, settings: true };
  readonly buffer: AppendBuffer;
  #fields: HeaderFields;
  #tracks: readonly CartridgeTrack[];
  #writer: CartridgeTrack | undefined;
  /** Something was handed to the system and may not be on the disk. */
  #dirty = true;
  #sinceHeader = 0;

  private constructor(
    readonly file: ImageFile,
    private readonly random: Random,
    fields: HeaderFields,
    partitions: readonly PartitionFields[],
  ) {
    this.#fields = fields;
    this.buffer = new AppendBuffer(file.fd, {
      written: (from, length) => {
        beginWriteBack(file.fd, from, length);
      },
    });
    this.#tracks = this.#makeTracks(partitions);
  }

  /** @throws TAPE_NOT_FOUND, TAPE_LOCKED, TAPE_ACCESS_DENIED, TAPE_IO when the file is no cartridge */
  static open(path: string, options: OpenTapeOptions, random: Random, made: NewCartridge = {}): ImageCartridge {
    const file = openImage(path, options);
    try {
      const bytes = Buffer.alloc(DATA_START);
      const start = bytes.subarray(0, readSync(file.fd, bytes, 0, DATA_START, 0));
      const found = newestHeader(start);
      if (found) return new ImageCartridge(file, random, found.fields, found.partitions);
      if (!file.writable || options.create !== true || !isUnfinished(start, fstatSync(file.fd).size))
        throw tapeError(TapeStatus.ERROR_CRC, path, 'loading the cartridge: the file is no cartridge');
      return ImageCartridge.#make(file, random, made);
    } catch (error) {
      file.close();
      throw error instanceof Error && 'syscall' in error ? imageError(path, 'loading the cartridge', error) : error;
    }
  }

  static #make(file: ImageFile, random: Random, { capacity = DEFAULT_CAPACITY, warningZone }: NewCartridge): ImageCartridge {
    const id = Buffer.alloc(16);
    random.fill(id);
    const fields = CartridgeHeader.create({
      id: id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
      capacity: Math.max(SMALLEST_CAPACITY, capacity),
      warningZone: warningZone ?? usualWarningZone(capacity),
    });
    const cartridge = new ImageCartridge(file, random, fields, []);
    cartridge.divide([fields.capacity]);
    syncFolder(file.path);
    return cartridge;
  }

  get path(): string {
    return this.file.path;
  }

  get id(): string {
    return this.#fields.id;
  }

  get tracks(): readonly CartridgeTrack[] {
    return this.#tracks;
  }

  get salt(): number {
    return this.#fields.salt;
  }

  get capacity(): number {
    return this.#fields.capacity;
  }

  get writeProtected(): boolean {
    return !this.file.writable || (this.#fields.flags & Flag.WRITE_PROTECTED) !== 0;
  }

  get settings(): MediumSettings {
    const { flags, warningZone } = this.#fields;
    return { compression: (flags & Flag.COMPRESSION) !== 0, reportSetmarks: (flags & Flag.NO_SETMARKS) === 0, warningZone };
  }

  set(settings: Partial<MediumSettings>): void {
    const { compression, reportSetmarks, warningZone } = { ...this.settings, ...settings };
    const kept = this.#fields.flags & ~(Flag.COMPRESSION | Flag.NO_SETMARKS);
    const flags = kept | (compression ? Flag.COMPRESSION : 0) | (reportSetmarks ? 0 : Flag.NO_SETMARKS);
    this.#change({ flags, warningZone });
  }

  /** The tab of the cartridge. A file that may only be read is protected besides. */
  protect(on: boolean): void {
    const flags = this.#fields.flags & ~Flag.WRITE_PROTECTED;
    this.#change({ flags: flags | (on ? Flag.WRITE_PROTECTED : 0) });
  }

  divide(sizes: readonly number[]): void {
    const salt = Buffer.alloc(4);
    this.random.fill(salt);
    this.#fields = { ...this.#fields, salt: salt.readUInt32LE() };
    let start = DATA_START;
    const partitions = sizes.map((capacity) => {
      const partition = CartridgePartition.create({ start, capacity, endOffset: start, highWater: start });
      start += Math.ceil(capacity / HEADER_SIZE) * HEADER_SIZE;
      return partition;
    });
    this.buffer.moveTo(DATA_START);
    this.#writer = undefined;
    this.#guard('dividing the cartridge', () => {
      this.#writeHeader(partitions);
      this.#syncNow();
      ftruncateSync(this.file.fd, DATA_START);
    });
    this.#tracks = this.#makeTracks(partitions);
  }

  flush(): void {
    if (this.buffer.isEmpty) return;
    try {
      this.buffer.flush();
    } catch (error) {
      this.#writer?.rollBack(error, 0);
      throw error;
    }
  }

  beginWriting(track: CartridgeTrack, lost: boolean): void {
    this.flush();
    if (this.#writer !== track) this.#writer?.settled();
    this.#writer = track;
    this.#guard('writing', () => {
      this.#writeHeader();
      if (!lost) return;
      this.#syncNow();
      this.#cutOff(track);
    });
  }

  wiped(track: CartridgeTrack, from: number): void {
    this.#guard('erasing', () => {
      const zeros = Buffer.alloc(1 << 20);
      const to = Math.min(track.highWater, fstatSync(this.file.fd).size);
      for (let at = from; at < to;) at += writeSync(this.file.fd, zeros, 0, Math.min(zeros.length, to - at), at);
      this.#syncNow();
      track.highWater = from;
    });
  }

  sync(): void {
    if (!this.file.writable) return;
    this.flush();
    const written = this.#tracks.reduce((sum, track) => sum + Math.max(0, track.end.offset - track.durable.offset), 0);
    if (written === 0 && !this.#dirty) return;
    this.#guard('making durable what was written', () => {
      // What it tells was durable the last time already, so that both may reach the disk in any order.
      if (this.#sinceHeader > HEADER_EVERY && !this.#dirty) this.#writeSlot(this.#ends());
      this.#sinceHeader += written;
      this.#syncNow();
    });
  }

  close(): void {
    try {
      const changed = this.#writer !== undefined;
      this.sync();
      if (changed) this.#guard('closing', () => this.#writeSlot(this.#ends()));
    } finally {
      this.buffer.close();
      this.file.close();
    }
  }

  #ends(): PartitionFields[] {
    return this.#tracks.map(({ place, durable, generation, highWater, end }) =>
      CartridgePartition.create({
        start: place.start,
        capacity: place.capacity,
        endNumber: durable.number,
        endOffset: durable.offset,
        lastOffset: durable.last,
        lastMarkOffset: durable.lastMark,
        highWater: Math.max(highWater, end.offset),
        generation,
      }),
    );
  }

  #makeTracks(partitions: readonly PartitionFields[]): CartridgeTrack[] {
    return partitions.map(
      ({ start, capacity, generation, highWater, endNumber, endOffset, lastOffset, lastMarkOffset }, index) =>
        new CartridgeTrack(
          this,
          { index, start, capacity, generation, highWater },
          { number: endNumber, offset: endOffset, last: lastOffset, lastMark: lastMarkOffset },
        ),
    );
  }

  #change(fields: Partial<HeaderFields>): void {
    this.flush();
    this.#fields = { ...this.#fields, ...fields };
    this.#guard('writing the header', () => {
      this.#writeHeader();
      this.#syncNow();
    });
  }

  /** Writes the header once everything that it speaks of is on the disk, and the header before it as well. */
  #writeHeader(partitions?: readonly PartitionFields[]): void {
    this.#syncNow();
    this.#writeSlot(partitions ?? this.#ends());
    this.#dirty = true;
  }

  #writeSlot(partitions: readonly PartitionFields[]): void {
    this.#fields = { ...this.#fields, sequence: this.#fields.sequence + 1 };
    const bytes = encodeHeader(this.#fields, partitions);
    const at = (this.#fields.sequence % 2) * HEADER_SIZE;
    for (let done = 0; done < HEADER_SIZE;) done += writeSync(this.file.fd, bytes, done, HEADER_SIZE - done, at + done);
    this.#sinceHeader = 0;
  }

  #syncNow(): void {
    fdatasyncSync(this.file.fd);
    this.#dirty = false;
    for (const track of this.#tracks) track.synced();
  }

  /** Gives back the room behind the end of the last partition. */
  #cutOff(track: CartridgeTrack): void {
    if (track !== this.#tracks.at(-1) || fstatSync(this.file.fd).size <= track.end.offset) return;
    ftruncateSync(this.file.fd, Math.max(DATA_START, track.end.offset));
    track.highWater = track.end.offset;
  }

  #guard(what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      throw imageError(this.path, what, error);
    }
  }
}
