import type { MaybePromise } from '@winback/core';
import { wait, type Steps } from './steps.js';

/** Gives the next bytes; 0 at the end. */
export type ReadBytes = (into: Uint8Array) => MaybePromise<number>;

const CAPACITY = 1 << 20;

/** Bytes that come by, with a window in which they can be looked at before they are taken. */
export class ByteFeed {
  readonly #window = new Uint8Array(CAPACITY);
  readonly #view = new DataView(this.#window.buffer);
  #start = 0;
  #end = 0;
  #ended = false;
  /** Where the window begins, counted from the first byte. */
  at = 0;

  constructor(private readonly read: ReadBytes) {}

  /** Bytes that can be looked at. */
  get available(): number {
    return this.#end - this.#start;
  }

  /** What is in the window; valid until more is asked for. */
  get bytes(): Uint8Array {
    return this.#window.subarray(this.#start, this.#end);
  }

  u32(offset: number): number {
    return this.#view.getUint32(this.#start + offset, true);
  }

  /** Sees to it that `wanted` bytes (at most 1 MiB) can be looked at, as far as there are any. Answers how many there are. */
  *fill(wanted: number): Steps<never, number> {
    if (this.available >= wanted || this.#ended) return this.available;
    if (this.#start > 0) {
      this.#window.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    while (this.available < wanted && !this.#ended) {
      const n = yield* wait(this.read(this.#window.subarray(this.#end)));
      if (n === 0) this.#ended = true;
      this.#end += n;
    }
    return this.available;
  }

  /** Passes bytes of the window. */
  take(count: number): void {
    this.#start += count;
    this.at += count;
  }

  /** Passes bytes, and answers how many there were. */
  *skip(count: number): Steps<never, number> {
    for (let left = count; left > 0;) {
      const there = yield* this.fill(1);
      if (there === 0) return count - left;
      const n = Math.min(left, there);
      this.take(n);
      left -= n;
    }
    return count;
  }
}
