import { END_MARKER, LENGTH_BITS, LENGTH_CODES, LONG_LENGTH, LONG_OFFSET_LIMIT, SHORT_OFFSET_LIMIT } from './lzs-codes.js';

const HASH_BITS = 13;
/** Bytes after which data that has not become smaller is given up. */
const TRIAL = 16_384;
/** The longest token that is not a match of many groups: offset of 13 bits, length of 8, end of 9; in bytes, rounded up. */
const RESERVE = 8;

/** Compresses frames. One instance may be used for any number of them; it holds 32 KiB. */
export class LzsEncoder {
  /** Where three bytes that hash alike were seen last, counted from `#base`. */
  readonly #seen = new Int32Array(1 << HASH_BITS);
  /** Places of earlier frames are below it. */
  #base = 2048;

  /**
   * Compresses `source[from..to)`, with nothing before it known, to the start of `into`.
   * @returns bytes written; 0 when they would not be fewer than `limit` or do not fit into `into`
   */
  encode(source: Uint8Array, from: number, to: number, into: Uint8Array, limit: number = to - from): number {
    const length = to - from;
    if (this.#base + length > 0x7fff_0000) {
      this.#seen.fill(0);
      this.#base = 2048;
    }
    const seen = this.#seen;
    const shift = this.#base - from;
    this.#base += length + 2048;
    const room = Math.min(limit - 1, into.length) - RESERVE;
    const trialEnd = from + TRIAL;
    const last = to - 3; // the last place where three bytes can be compared
    let tried = length <= TRIAL;
    let at = from;
    let out = 0;
    // Bits that are not written yet stand at the low end of `bits`; fewer than 8 between tokens.
    let bits = 0;
    let count = 0;
    while (at < to) {
      if (out > room) return 0;
      let back = 0;
      if (at <= last) {
        const three = source[at]! | (source[at + 1]! << 8) | (source[at + 2]! << 16);
        const slot = Math.imul(three, 0x9e3779b1) >>> (32 - HASH_BITS);
        const before = seen[slot]! - shift;
        seen[slot] = at + shift;
        if (
          at - before < LONG_OFFSET_LIMIT &&
          source[before] === source[at] &&
          source[before + 1] === source[at + 1] &&
          source[before + 2] === source[at + 2]
        )
          back = at - before;
      }
      if (back === 0) {
        bits = (bits << 9) | source[at]!;
        count += 9;
        at++;
        into[out++] = bits >>> (count - 8);
        count -= 8;
        if (count >= 8) {
          count -= 8;
          into[out++] = bits >>> count;
        }
        if (!tried && at >= trialEnd) {
          tried = true;
          if (out >= TRIAL) return 0;
        }
        continue;
      }
      let end = at + 3;
      while (end < to && source[end] === source[end - back]) end++;
      let matched = end - at;
      // Two of the places inside the match are remembered: its second byte and its last but one.
      if (at + 1 <= last) {
        const p = at + 1;
        seen[Math.imul(source[p]! | (source[p + 1]! << 8) | (source[p + 2]! << 16), 0x9e3779b1) >>> (32 - HASH_BITS)] = p + shift;
      }
      if (end - 2 <= last && end - 2 > at) {
        const p = end - 2;
        seen[Math.imul(source[p]! | (source[p + 1]! << 8) | (source[p + 2]! << 16), 0x9e3779b1) >>> (32 - HASH_BITS)] = p + shift;
      }
      at = end;
      if (back < SHORT_OFFSET_LIMIT) {
        bits = (bits << 9) | 0x180 | back;
        count += 9;
      } else {
        bits = (bits << 13) | 0x1000 | back;
        count += 13;
      }
      while (count >= 8) {
        count -= 8;
        into[out++] = bits >>> count;
      }
      if (matched < LONG_LENGTH) {
        bits = (bits << LENGTH_BITS[matched]!) | LENGTH_CODES[matched]!;
        count += LENGTH_BITS[matched]!;
      } else {
        bits = (bits << 4) | 15;
        count += 4;
        matched -= LONG_LENGTH;
        while (matched >= 15) {
          if (out > room) return 0;
          bits = (bits << 4) | 15;
          count += 4;
          while (count >= 8) {
            count -= 8;
            into[out++] = bits >>> count;
          }
          matched -= 15;
        }
        bits = (bits << 4) | matched;
        count += 4;
      }
      while (count >= 8) {
        count -= 8;
        into[out++] = bits >>> count;
      }
    }
    if (out > room) return 0;
    bits = (bits << 9) | END_MARKER;
    count += 9;
    while (count >= 8) {
      count -= 8;
      into[out++] = bits >>> count;
    }
    if (count > 0) into[out++] = bits << (8 - count);
    return out;
  }
}
