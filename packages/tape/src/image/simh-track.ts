import type { AppendBuffer } from '@winback/core/io';
import { ftruncateSync, readSync } from 'node:fs';
import { TapeStatus } from '../api/index.js';
import { RecordKind } from './cartridge.layout.js';
import { imageError, type ImageFile } from './image-file.js';
import type { TapeMark, TapeRecord, Track } from './medium.js';
import type { SimhIndex } from './simh-index.js';
import { simhSize } from './simh-word.js';

/** The one track of a SIMH image. */
export class SimhTrack implements Track {
  #number = 0;
  #offset = 0;
  #hasRecord = false;
  #started = false;
  readonly #next: { kind: number; length: number } = { kind: 0, length: 0 };
  readonly #word = Buffer.alloc(5);

  constructor(
    private readonly file: ImageFile,
    private readonly index: SimhIndex,
    private readonly buffer: AppendBuffer,
    readonly capacity: number,
    private readonly flush: () => void,
  ) {}

  get number(): number {
    return this.#number;
  }

  get used(): number {
    return this.#offset;
  }

  get endNumber(): number {
    return this.index.endNumber;
  }

  get endStatus(): typeof TapeStatus.ERROR_NO_DATA_DETECTED | typeof TapeStatus.ERROR_CRC {
    return this.index.isDamaged ? TapeStatus.ERROR_CRC : TapeStatus.ERROR_NO_DATA_DETECTED;
  }

  next(): TapeRecord | undefined {
    this.flush();
    if (this.#number === this.index.endNumber) return undefined;
    if (!this.#hasRecord) this.#walk(() => this.index.read(this.#offset));
    this.#hasRecord = true;
    this.#next.kind = this.index.record.filemark ? RecordKind.FILEMARK : RecordKind.BLOCK;
    this.#next.length = this.index.record.length;
    return this.#next;
  }

  skip(): void {
    if (!this.next()) return;
    const { offset, length, filemark } = this.index.record;
    this.#offset = offset + (filemark ? 4 : simhSize(length));
    this.#number++;
    this.#hasRecord = false;
  }

  readBlock(into: Uint8Array, at: number): boolean {
    if (!this.next()) return false;
    const { offset, length, damaged } = this.index.record;
    try {
      for (let done = 0; done < length;) {
        const read = readSync(this.file.fd, into, at + done, length - done, offset + 4 + done);
        if (read === 0) return false;
        done += read;
      }
    } catch (error) {
      throw imageError(this.file.path, 'reading a block', error, { offset });
    } finally {
      this.skip();
    }
    return !damaged;
  }

  seek(number: number): void {
    this.flush();
    if (number === this.#number) return;
    if (number === this.#number + 1) {
      this.skip();
      return;
    }
    this.#offset = this.#walk(() => this.index.offsetOf(number));
    this.#number = number;
    this.#hasRecord = false;
  }

  markFrom(number: number): TapeMark | undefined {
    this.flush();
    this.#hasRecord = false;
    return this.#walk(() => {
      let offset = this.index.offsetOf(number);
      for (let at = number; at < this.index.endNumber; at++) {
        this.index.read(offset);
        const { record } = this.index;
        if (record.filemark) return { number: at, kind: RecordKind.FILEMARK };
        offset = record.offset + simhSize(record.length);
      }
      return undefined;
    });
  }

  markBefore(number: number): TapeMark | undefined {
    this.flush();
    this.#hasRecord = false;
    return this.#walk(() => {
      // Forward from each place that is remembered, the nearest first.
      for (let to = number; to > 0; to = (Math.ceil(to / 128) - 1) * 128) {
        const from = (Math.ceil(to / 128) - 1) * 128;
        let found: number | undefined;
        let offset = this.index.offsetOf(from);
        for (let at = from; at < to; at++) {
          this.index.read(offset);
          const { record } = this.index;
          if (record.filemark) found = at;
          offset = record.offset + (record.filemark ? 4 : simhSize(record.length));
        }
        if (found !== undefined) return { number: found, kind: RecordKind.FILEMARK };
      }
      return undefined;
    });
  }

  roomFor(length: number): number {
    return length === 0 ? 4 : simhSize(length);
  }

  append(kind: number, data: Uint8Array): void {
    if (this.#number !== this.index.endNumber || !this.#started) this.#cutOff();
    const before = this.index.endNumber;
    const word = this.#word;
    word.writeUInt32LE(data.length);
    try {
      this.buffer.put(word.subarray(0, 4));
      if (kind === RecordKind.BLOCK) {
        this.buffer.put(data);
        // The zero of odd records stands in the word's memory, and before nothing else.
        if (data.length % 2 === 1) this.buffer.put(word.subarray(4));
        this.buffer.put(word.subarray(0, 4));
      }
    } catch (error) {
      this.rollBack(error, 1);
    }
    this.index.forget();
    this.index.add(this.index.endOffset, this.buffer.position);
    this.#number = before + 1;
    this.#offset = this.index.endOffset;
    this.#hasRecord = false;
  }

  truncate(_wipe: boolean): void {
    this.flush();
    this.#cutOff();
  }

  /** Writing failed: what is wholly in the file stays. */
  rollBack(error: unknown, more: number): never {
    const lost = this.index.endNumber + more;
    this.#hasRecord = false;
    this.#started = false;
    const { written } = this.buffer;
    let number = this.index.endNumber;
    let offset = this.index.endOffset;
    while (number > 0 && offset > written) offset = this.#walk(() => this.index.offsetOf(--number));
    this.index.truncate(number, offset);
    this.buffer.moveTo(offset);
    this.#number = number;
    this.#offset = offset;
    throw imageError(this.file.path, 'writing', error, { lostRecords: lost - number });
  }

  #cutOff(): void {
    this.index.truncate(this.#number, this.#offset);
    try {
      ftruncateSync(this.file.fd, this.#offset);
    } catch (error) {
      throw imageError(this.file.path, 'writing', error);
    }
    this.buffer.moveTo(this.#offset);
    this.#started = true;
    this.#hasRecord = false;
  }

  #walk<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw imageError(this.file.path, 'reading the length of a record', error);
    }
  }
}
