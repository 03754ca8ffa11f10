import { writeSync, writevSync } from 'node:fs';
import { beginWriteBack } from './ffi/file-hints.js';

/** Gathered before it is written: calls of this size cost nothing beside their bytes. */
const PIECE = 1 << 20;
/** Pieces end at multiples of this, so that no page of the file is written twice. */
const PAGE = 4096;
/** Bytes after which the disk is set to work. */
const WRITE_BACK_EVERY = 8 << 20;
/** Not worth copying from here on. */
const BIG = 1 << 18;

/** Bytes that are written one behind the other, in large pieces. */
export class AppendBuffer {
  readonly #bytes = Buffer.allocUnsafeSlow(PIECE);
  #filled = 0;
  #limit = PIECE;
  #base = 0;
  /** Up to here the disk is at work. */
  #begun = 0;

  constructor(private readonly fd: number) {}

  get isEmpty(): boolean {
    return this.#filled === 0;
  }

  /** Where in the file the next byte goes. */
  get position(): number {
    return this.#base + this.#filled;
  }

  /** Everything before this byte of the file has been handed to the system. */
  get written(): number {
    return this.#base;
  }

  /** Where the next byte goes from now on. What is not written yet is given up. */
  moveTo(position: number): void {
    this.#begun = position;
    this.#place(position);
  }

  #place(position: number): void {
    this.#base = position;
    this.#filled = 0;
    this.#limit = PIECE - (position % PAGE);
  }

  /** Everything before this byte has been handed to the system. */
  #wrote(position: number): void {
    if (position - this.#begun < WRITE_BACK_EVERY) return;
    beginWriteBack(this.fd, this.#begun, position - this.#begun);
    this.#begun = position;
  }

  /** @throws the system's error; then some of what was put in is written, and none of it is kept */
  put(data: Uint8Array): void {
    for (let from = 0; from < data.length;) {
      const left = data.length - from;
      if (left >= BIG) {
        const end = this.position + left;
        from += this.#writeThrough(data, from, left - (end % PAGE));
        continue;
      }
      const length = Math.min(left, this.#limit - this.#filled);
      this.#bytes.set(from === 0 && length === data.length ? data : data.subarray(from, from + length), this.#filled);
      this.#filled += length;
      from += length;
      if (this.#filled === this.#limit) this.flush();
    }
  }

  /** Hands everything to the system. @throws the system's error; then nothing is kept */
  flush(): void {
    const length = this.#filled;
    const start = this.#base;
    if (length === 0) return;
    this.#place(start + length);
    this.#base = start;
    writeAll(this.fd, this.#bytes, 0, length, start);
    this.#base = start + length;
    this.#wrote(start + length);
  }

  /** What is gathered and `length` bytes of `data`, in one call. */
  #writeThrough(data: Uint8Array, from: number, length: number): number {
    const gathered = this.#filled;
    const start = this.#base;
    this.#filled = 0;
    const parts = [this.#bytes.subarray(0, gathered), data.subarray(from, from + length)];
    const done = writevSync(this.fd, gathered === 0 ? parts.slice(1) : parts, start);
    if (done < gathered) writeAll(this.fd, this.#bytes, done, gathered - done, start + done);
    const rest = Math.max(0, done - gathered);
    if (rest < length) writeAll(this.fd, data, from + rest, length - rest, start + gathered + rest);
    this.#place(start + gathered + length);
    this.#wrote(start + gathered + length);
    return length;
  }
}

function writeAll(fd: number, bytes: Uint8Array, from: number, length: number, position: number): void {
  for (let done = 0; done < length;) done += writeSync(fd, bytes, from + done, length - done, position + done);
}
