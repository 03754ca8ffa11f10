import { isWinbackError, type WinbackError } from '@winback/core/base';
import type { AppendBuffer } from '@winback/core/io';
import { crc32 } from 'node:zlib';
import { tapeError, TapeStatus } from '../api/index.js';
import { RecordKind } from './cartridge.layout.js';
import { imageError, type ImageFile } from './image-file.js';
import { Jumps, withoutLowestBit } from './jumps.js';
import { MarkList } from './mark-list.js';
import { MAXIMUM_BLOCK_SIZE, type TapeMark, type TapeRecord, type Track } from './medium.js';
import { HEAD_SIZE, RecordHead, recordSize } from './record-head.js';
import { RecordReader } from './record-reader.js';
import { TrackEnd } from './track-end.js';

const PADDING = new Uint8Array(HEAD_SIZE);

/** What a track needs of the cartridge that it is on. */
export interface TrackHost {
  readonly file: ImageFile;
  readonly buffer: AppendBuffer;
  readonly salt: number;
  /** Hands what is gathered to the system. @throws TAPE_IO */
  flush(): void;
  /** Writing begins at the end of a track. `lost`: something stood behind it, which is void once this returns. */
  beginWriting(track: CartridgeTrack, lost: boolean): void;
  /** What the track has written so far is to be forgotten by nobody. */
  wiped(track: CartridgeTrack, from: number): void;
}

/** Where a partition lies in the file. */
export interface TrackPlace {
  readonly index: number;
  readonly start: number;
  readonly capacity: number;
  readonly generation: number;
  readonly highWater: number;
}

/** A partition of a cartridge. */
export class CartridgeTrack implements Track {
  readonly endStatus = TapeStatus.ERROR_NO_DATA_DETECTED;
  readonly capacity: number;
  generation: number;
  highWater: number;
  readonly #record: RecordHead;
  readonly #reader: RecordReader;
  readonly #head = Buffer.alloc(HEAD_SIZE);
  #end: TrackEnd;
  #durable: TrackEnd;
  /** Ends of data with all before them handed to the system: the second one, once the buffer has got that far. */
  #safe: TrackEnd;
  #nextSafe: TrackEnd;
  #number = 0;
  #offset: number;
  #hasHead = false;
  #writing = false;
  /** The records before the end of data cannot be read. They can be written over. */
  #broken: WinbackError | undefined;
  #marks: MarkList | undefined;

  /** @param known the end of data that the cartridge's header tells */
  constructor(
    private readonly host: TrackHost,
    readonly place: TrackPlace,
    known: { readonly number: number; readonly offset: number; readonly last: number; readonly lastMark: number },
  ) {
    this.capacity = place.capacity;
    this.generation = place.generation;
    this.highWater = place.highWater;
    this.#offset = place.start;
    this.#record = new RecordHead(host.salt, place.index);
    this.#reader = new RecordReader(host.file.fd, this.#record);
    const { number, offset, last, lastMark } = known;
    try {
      this.#end = new TrackEnd(number, offset, last, lastMark, this.#jumpsAt(number, last));
      this.#durable = this.#end.copy();
      this.#scan();
    } catch (error) {
      if (!isWinbackError(error, 'TAPE_IO')) throw error;
      this.#broken = error;
      this.#end = new TrackEnd(number, offset, last, lastMark, new Jumps());
      this.#durable = this.#end.copy();
    }
    this.#safe = this.#end.copy();
    this.#nextSafe = this.#safe;
    this.highWater = Math.max(this.highWater, this.#end.offset);
  }

  get number(): number {
    return this.#number;
  }

  get used(): number {
    return this.#offset - this.place.start;
  }

  get endNumber(): number {
    return this.#end.number;
  }

  get end(): TrackEnd {
    return this.#end;
  }

  /** The end of data at the last time that everything was on the disk. */
  get durable(): TrackEnd {
    return this.#durable;
  }

  /** Everything is on the disk now. */
  synced(): void {
    if (this.#durable.offset !== this.#end.offset || this.#durable.number !== this.#end.number) this.#durable = this.#end.copy();
  }

  next(): TapeRecord | undefined {
    this.host.flush();
    if (this.#number === this.#end.number) return undefined;
    if (!this.#hasHead) this.#readHead(this.#offset, this.#number);
    this.#hasHead = true;
    return this.#record;
  }

  skip(): void {
    if (!this.next()) return;
    this.#offset += recordSize(this.#record.length);
    this.#number++;
    this.#hasHead = false;
  }

  readBlock(into: Uint8Array, at: number): boolean {
    if (!this.next()) return false;
    try {
      return this.#reader.block(this.#offset, into, at);
    } catch (error) {
      throw imageError(this.host.file.path, 'reading a block', error, { offset: this.#offset });
    } finally {
      this.skip();
    }
  }

  seek(number: number): void {
    this.host.flush();
    if (number === this.#number) return;
    this.#hasHead = false;
    if (number === this.#number + 1) {
      this.skip();
      return;
    }
    this.#offset = number === 0 ? this.place.start : number === this.#end.number ? this.#end.offset : this.#find(number);
    this.#number = number;
  }

  markFrom(number: number): TapeMark | undefined {
    return this.#markList().from(number);
  }

  markBefore(number: number): TapeMark | undefined {
    return this.#markList().before(number);
  }

  roomFor(length: number): number {
    return recordSize(length);
  }

  append(kind: number, data: Uint8Array): void {
    if (this.#number !== this.#end.number) this.truncate(false);
    if (this.#broken) throw this.#broken;
    if (!this.#writing) this.#begin(false);
    this.#reader.forget();
    this.#hasHead = false;
    const { buffer } = this.host;
    const record = this.#record;
    this.#end.describe(record);
    record.kind = kind;
    record.length = data.length;
    record.dataChecksum = crc32(data);
    record.generation = this.generation;
    record.write(this.#head, 0);
    try {
      buffer.put(this.#head);
      buffer.put(data);
      const over = data.length % HEAD_SIZE;
      if (over !== 0) buffer.put(PADDING.subarray(over));
    } catch (error) {
      this.rollBack(error, 1);
    }
    this.#end.add(kind, data.length);
    this.#number = this.#end.number;
    this.#offset = this.#end.offset;
    if (kind !== RecordKind.BLOCK) this.#marks?.add(record.number, kind);
    if (buffer.written >= this.#nextSafe.offset) {
      this.#safe = this.#nextSafe;
      this.#nextSafe = this.#end.copy();
    }
  }

  truncate(wipe: boolean): void {
    this.host.flush();
    this.#hasHead = false;
    const from = this.#offset;
    if (this.#number !== this.#end.number) {
      this.next();
      const { previous, previousMark } = this.#record;
      this.#hasHead = false;
      this.highWater = Math.max(this.highWater, this.#end.offset);
      this.#end = new TrackEnd(this.#number, from, previous, previousMark, this.#jumpsAt(this.#number, previous));
      this.#durable = this.#end.copy();
      this.#broken = undefined;
      this.#marks?.truncate(this.#number);
      this.#begin(true);
    }
    if (wipe) this.host.wiped(this, from);
  }

  /** Writing failed: what is wholly in the file stays. `more`: records that were not counted yet. */
  rollBack(error: unknown, more: number): never {
    const lost = this.#end.number + more;
    this.#writing = false;
    this.#hasHead = false;
    this.#reader.forget();
    this.#end = this.#safe.copy();
    this.#scan();
    this.host.buffer.moveTo(this.#end.offset);
    this.#marks = undefined;
    this.#number = this.#end.number;
    this.#offset = this.#end.offset;
    throw imageError(this.host.file.path, 'writing', error, { lostRecords: lost - this.#end.number });
  }

  /** Everything is in the file, and the next record begins a new writing. */
  settled(): void {
    this.#writing = false;
  }

  #begin(lost: boolean): void {
    this.#reader.forget();
    this.#hasHead = false;
    this.generation = (this.generation + 1) >>> 0;
    this.host.beginWriting(this, lost);
    this.host.buffer.moveTo(this.#end.offset);
    this.#safe = this.#end.copy();
    this.#nextSafe = this.#safe;
    this.#writing = true;
  }

  /** The place of a record, from the end backwards. */
  #find(number: number): number {
    let offset = this.#end.last;
    for (let at = this.#end.number - 1; at > number;) {
      this.#readHead(offset, at);
      const jump = withoutLowestBit(at);
      offset = jump >= number ? this.#record.jump : this.#record.previous;
      at = jump >= number ? jump : at - 1;
    }
    this.#readHead(offset, number);
    return offset;
  }

  #readHead(offset: number, number: number): void {
    let found: boolean;
    try {
      found = offset >= this.place.start && this.#reader.head(offset);
    } catch (error) {
      throw imageError(this.host.file.path, 'reading the head of a record', error, { offset });
    }
    if (found && this.#record.number === number) return;
    throw tapeError(TapeStatus.ERROR_CRC, this.host.file.path, `reading the head of record ${number}`, { offset });
  }

  #jumpsAt(number: number, last: number): Jumps {
    const numbers: number[] = [];
    const offsets: number[] = [];
    if (number === 0) return new Jumps();
    for (let [at, offset] = [number - 1, last]; at > 0;) {
      this.#readHead(offset, at);
      at = withoutLowestBit(at);
      offset = this.#record.jump;
      numbers.unshift(at);
      offsets.unshift(offset);
    }
    const jumps = new Jumps(numbers, offsets);
    jumps.add(number - 1, last);
    return jumps;
  }

  #markList(): MarkList {
    this.host.flush();
    this.#hasHead = false;
    return (this.#marks ??= new MarkList(this.#marksBackwards()));
  }

  *#marksBackwards(): Generator<TapeMark> {
    const record = this.#record;
    for (let offset = this.#end.lastMark, before = this.#end.number; offset !== 0; offset = record.previousMark) {
      const found = offset >= this.place.start && this.#reader.head(offset);
      if (!found || record.number >= before || record.kind === RecordKind.BLOCK)
        throw tapeError(TapeStatus.ERROR_CRC, this.host.file.path, 'reading the head of a mark', { offset });
      before = record.number;
      yield record;
    }
  }

  /** Moves the end of data over all that was written behind it and is whole. */
  #scan(): void {
    const end = this.#end;
    const limit = this.place.start + this.capacity;
    let memory = Buffer.alloc(0);
    while (this.#reader.head(end.offset)) {
      const record = this.#record;
      const { kind, length } = record;
      if (record.generation !== this.generation || !end.isNext(record) || end.offset + recordSize(length) > limit) return;
      // A head may claim what the file has not.
      if (length > memory.length) memory = Buffer.allocUnsafeSlow(Math.min(MAXIMUM_BLOCK_SIZE, 2 * length));
      if (!this.#reader.block(end.offset, memory, 0)) return;
      end.add(kind, length);
    }
  }
}
