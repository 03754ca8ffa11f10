import type { CPath } from '../../ffi/libc.js';

const CHUNK_BITS = 20;
const CHUNK = 1 << CHUNK_BITS;
const IN_CHUNK = CHUNK - 1;
const FIRST_CHUNK = 4096;
/** Below this many names plain insertion is faster. */
const SMALL = 12;

/**
 * The names of a folder as bytes, with a number of one byte each. A million of them take their own length and six bytes more apiece;
 * objects would take ten times that.
 */
export class NameList {
  readonly #chunks: Uint8Array[] = [];
  /** Where in the last chunk the next name goes. */
  #at = 0;
  #offsets = new Uint32Array(32);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds the name of `length` bytes at `from` in `source`. */
  add(tag: number, source: Uint8Array, from: number, length: number): void {
    const needed = length + 2;
    let chunk = this.#chunks.at(-1);
    if (!chunk || this.#at + needed > chunk.length) {
      chunk = new Uint8Array(Math.max(needed, chunk ? Math.min(CHUNK, chunk.length * 8) : FIRST_CHUNK));
      this.#chunks.push(chunk);
      this.#at = 0;
    }
    if (this.#length === this.#offsets.length) {
      const wider = new Uint32Array(this.#offsets.length * 2);
      wider.set(this.#offsets);
      this.#offsets = wider;
    }
    this.#offsets[this.#length++] = ((this.#chunks.length - 1) << CHUNK_BITS) | this.#at;
    chunk[this.#at++] = tag;
    for (let i = from; i < from + length; i++) chunk[this.#at++] = source[i]!;
    chunk[this.#at++] = 0;
  }

  /** The number that was given with a name. */
  tag(index: number): number {
    return this.#byte(this.#offsets[index]!, -1);
  }

  /** A name with its NUL, ready for the system. */
  name(index: number): CPath {
    const offset = this.#offsets[index]!;
    const chunk = this.#chunks[offset >>> CHUNK_BITS]!;
    const start = (offset & IN_CHUNK) + 1;
    let end = start;
    while (chunk[end] !== 0) end++;
    return chunk.subarray(start, end + 1);
  }

  /** Sorts by the bytes of the names. */
  sort(): void {
    this.#sort(0, this.#length, 0);
  }

  #byte(offset: number, depth: number): number {
    return this.#chunks[offset >>> CHUNK_BITS]![(offset & IN_CHUNK) + 1 + depth]!;
  }

  /** Multikey quicksort of names that agree in their first `depth` bytes; their NUL ends the comparison. */
  #sort(from: number, to: number, depth: number): void {
    const o = this.#offsets;
    while (to - from > SMALL) {
      const pivot = this.#pivot(from, to, depth);
      let below = from;
      let above = to;
      for (let i = from; i < above;) {
        const offset = o[i]!;
        const byte = this.#byte(offset, depth);
        if (byte < pivot) {
          o[i++] = o[below]!;
          o[below++] = offset;
        } else if (byte > pivot) {
          o[i] = o[--above]!;
          o[above] = offset;
        } else i++;
      }
      // Recursion takes the smaller parts, the loop the largest, so that the stack stays shallow whatever the names are.
      const parts: [number, number, number][] = [
        [from, below, depth],
        [below, pivot === 0 ? below : above, depth + 1],
        [above, to, depth],
      ];
      parts.sort((a, b) => b[1] - b[0] - (a[1] - a[0]));
      const [largest, ...rest] = parts as [[number, number, number], ...[number, number, number][]];
      for (const [a, b, d] of rest) this.#sort(a, b, d);
      [from, to, depth] = largest;
    }
    for (let i = from + 1; i < to; i++) {
      const offset = o[i]!;
      let k = i - 1;
      while (k >= from && this.#isAfter(o[k]!, offset, depth)) {
        o[k + 1] = o[k]!;
        k--;
      }
      o[k + 1] = offset;
    }
  }

  #pivot(from: number, to: number, depth: number): number {
    const a = this.#byte(this.#offsets[from]!, depth);
    const b = this.#byte(this.#offsets[(from + to) >>> 1]!, depth);
    const c = this.#byte(this.#offsets[to - 1]!, depth);
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }

  #isAfter(a: number, b: number, depth: number): boolean {
    for (let d = depth; ; d++) {
      const difference = this.#byte(a, d) - this.#byte(b, d);
      if (difference !== 0) return difference > 0;
      if (this.#byte(a, d) === 0) return false;
    }
  }
}
