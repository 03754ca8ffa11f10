import { readSync } from 'node:fs';
import { SimhWord, simhItem, simhSize } from './simh-word.js';

/** Records from one place that is remembered to the next. */
const EVERY = 128;
const WINDOW = 1 << 16;

/** A record of a SIMH image: where it begins, and its bytes of data. */
export interface SimhRecord {
  offset: number;
  length: number;
  filemark: boolean;
  /** The image says that the data has an error. */
  damaged: boolean;
}

/**
 * Finds the records of a SIMH image, which it can only do by walking. Each 128th place is remembered; that is 8 bytes for at least
 * 512 bytes of the image.
 */
export class SimhIndex {
  /** Where the walk to each 128th record begins. */
  #places: number[] = [0];
  #endNumber = 0;
  #endOffset = 0;
  /** What stands at the end of data is neither an end nor a record. */
  isDamaged = false;
  readonly #window = Buffer.alloc(WINDOW);
  #windowStart = 0;
  #windowEnd = 0;
  readonly record: SimhRecord = { offset: 0, length: 0, filemark: false, damaged: false };

  constructor(
    private readonly fd: number,
    private readonly size: number,
  ) {}

  get endNumber(): number {
    return this.#endNumber;
  }

  /** Where the next record goes. */
  get endOffset(): number {
    return this.#endOffset;
  }

  /** Walks over the whole image. */
  scan(): void {
    while (this.read(this.#endOffset)) {
      const { offset, length, filemark } = this.record;
      this.add(offset, offset + (filemark ? 4 : simhSize(length)));
    }
  }

  /** Takes note of the record at the end of data. */
  add(_offset: number, next: number): void {
    this.#endNumber++;
    this.#endOffset = next;
    if (this.#endNumber % EVERY === 0) this.#places.push(next);
  }

  truncate(number: number, offset: number): void {
    this.#endNumber = number;
    this.#endOffset = offset;
    this.isDamaged = false;
    this.#places.length = Math.floor(number / EVERY) + 1;
    this.forget();
  }

  forget(): void {
    this.#windowStart = this.#windowEnd = 0;
  }

  /** Where a record begins, or what is passed over before it. */
  offsetOf(number: number): number {
    if (number === this.#endNumber) return this.#endOffset;
    let offset = this.#places[Math.floor(number / EVERY)] ?? 0;
    for (let at = number - (number % EVERY); at < number; at++) {
      this.read(offset);
      offset = this.record.offset + (this.record.filemark ? 4 : simhSize(this.record.length));
    }
    return offset;
  }

  /** Reads what stands at `offset` or behind gaps there, up to the end of data or of the file. False: no record follows. */
  read(offset: number): boolean {
    for (let at = offset; ;) {
      const word = this.#word(at);
      if (word === undefined) return false;
      const item = simhItem(word);
      if (item === 'end') return false;
      const { record } = this;
      record.offset = at;
      record.filemark = item === 'filemark';
      record.damaged = item === 'damaged';
      record.length = record.filemark ? 0 : word & SimhWord.LENGTH;
      if (record.filemark) return true;
      if (item === 'passed-over') {
        at += 4;
        continue;
      }
      const next = at + simhSize(record.length);
      // A record that the file has not whole was never finished.
      if (next > this.size && next > this.#endOffset) return false;
      if (this.#word(next - 4) !== word) {
        this.isDamaged = true;
        return false;
      }
      if (item !== 'passed-over-data') return true;
      at = next;
    }
  }

  #word(at: number): number | undefined {
    if (at < this.#windowStart || at + 4 > this.#windowEnd) {
      this.#windowStart = at;
      this.#windowEnd = at;
      // Words stand close together where blocks are small; else most of a window would be read for nothing.
      const near = this.record.length < WINDOW / 8 ? WINDOW : 4;
      this.#windowEnd += readSync(this.fd, this.#window, 0, near, at);
    }
    return at + 4 > this.#windowEnd ? undefined : this.#window.readUInt32LE(at - this.#windowStart);
  }
}
