import { FormatError } from '@winback/core';
import { LONG_LENGTH } from './lzs-codes.js';

/** How far back a match reaches at most. */
const HISTORY = 2048;
/** Plain bytes made at once. */
const ROOM = 65_536;
/** Matches from here on are copied by the system, where they do not run into themselves. */
const LONG_COPY = 48;

/** What the four bits after an offset say: length, and how many of them do. */
const LENGTH = Uint8Array.of(2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 6, 7, LONG_LENGTH);
const BITS = Uint8Array.of(2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 4, 4, 4, 4);

/**
 * Decompresses frames, whose bytes may come in pieces of any size. It holds 66 KiB, whatever the frames claim, and takes time in proportion to
 * the bytes that go in and come out.
 */
export class LzsDecoder {
  /** The end marker was met. */
  ended = false;
  /** Plain bytes: those up to `#given` were given away, those up to `#made` are made. */
  readonly #plain = new Uint8Array(HISTORY + ROOM);
  #given = 0;
  #made = 0;
  #input: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#input.buffer);
  #at = 0;
  #end = 0;
  /** Where in the file the input's first byte stands. */
  #origin = 0;
  /** Bits taken from the input and not yet used, at the low end. */
  #bits = 0;
  #count = 0;
  /** A match that there was no room for. */
  #pending = 0;
  #back = 0;
  /** Groups that add to the match's length follow. */
  #groups = false;
  /** What is wrong behind the bytes that were made. */
  #problem: FormatError | undefined;

  /** A frame begins. */
  begin(): void {
    this.ended = false;
    this.#given = 0;
    this.#made = 0;
    this.#at = 0;
    this.#end = 0;
    this.#count = 0;
    this.#pending = 0;
    this.#groups = false;
    this.#problem = undefined;
  }

  /** Whether all input was used. */
  get hungry(): boolean {
    return this.#at === this.#end;
  }

  /** The next bytes of the frame, which stay as they are until they are used. `origin` is where they stand in the file. */
  feed(input: Uint8Array, origin: number): void {
    if (!this.hungry) throw new TypeError('there is input left');
    this.#input = input;
    this.#view = new DataView(input.buffer, input.byteOffset, input.byteLength);
    this.#at = 0;
    this.#end = input.length;
    this.#origin = origin;
  }

  /**
   * Gives plain bytes; 0 when all input was used, or the end was met.
   * @throws FORMAT_RANGE for a match with bytes before the frame
   */
  readInto(buffer: Uint8Array): number {
    if (this.#given === this.#made) this.#make();
    if (this.#given === this.#made && this.#problem) throw this.#problem;
    const n = Math.min(buffer.length, this.#made - this.#given);
    buffer.set(this.#plain.subarray(this.#given, this.#given + n));
    this.#given += n;
    return n;
  }

  #make(): void {
    if (this.ended || this.#problem) return;
    this.#makeRoom();
    // Whole tokens fast; one by one those at the ends of the input and of the room, which leave the state to go on from.
    do this.#makeFast();
    while (this.#made < this.#plain.length && this.#makeSlowly());
  }

  #makeRoom(): void {
    const plain = this.#plain;
    if (this.#made >= HISTORY) {
      plain.copyWithin(0, this.#made - HISTORY, this.#made);
      this.#made = this.#given = HISTORY;
    }
  }

  #makeFast(): void {
    if (this.#pending > 0 || this.#groups || this.#at * 8 < this.#count) return;
    const plain = this.#plain;
    const view = this.#view;
    const room = plain.length - LONG_LENGTH;
    const last = (this.#end - 4) * 8;
    let made = this.#made;
    // The place of the next bit. 25 bits from there on are in hand each time, which is more than any token has.
    let next = this.#at * 8 - this.#count;
    while (next <= last && made <= room) {
      let bits = view.getInt32(next >>> 3) << (next & 7);
      if (bits >= 0) {
        plain[made++] = bits >>> 23;
        next += 9;
        bits <<= 9;
        if (bits >= 0) {
          plain[made++] = bits >>> 23;
          next += 9;
        }
        continue;
      }
      const isShort = (bits & 0x4000_0000) !== 0;
      const back = isShort ? (bits >>> 23) & 0x7f : (bits >>> 19) & 0x7ff;
      const code = isShort ? (bits >>> 19) & 15 : (bits >>> 15) & 15;
      if (back === 0 || back > made) break;
      next += (isShort ? 9 : 13) + BITS[code]!;
      if (code !== 15) {
        for (const to = made + LENGTH[code]!; made < to; made++) plain[made] = plain[made - back]!;
        continue;
      }
      let length = LONG_LENGTH;
      let group = 15;
      while (group === 15 && next <= last && length < plain.length) {
        group = (view.getInt32(next >>> 3) << (next & 7)) >>> 28;
        next += 4;
        length += group;
      }
      const n = Math.min(length, plain.length - made);
      copy(plain, made, back, n);
      made += n;
      if (group !== 15 && n === length) continue;
      this.#pending = length - n;
      this.#back = back;
      this.#groups = group === 15;
      break;
    }
    this.#made = made;
    this.#at = (next + 7) >>> 3;
    this.#count = this.#at * 8 - next;
    this.#bits = this.#count === 0 ? 0 : this.#input[this.#at - 1]!;
  }

  /** Whether tokens can be made fast again. */
  #makeSlowly(): boolean {
    const plain = this.#plain;
    const last = this.#end * 8 - 32;
    let isFirst = true;
    let faster = false;
    let made = this.#made;
    let pending = this.#pending;
    let back = this.#back;
    let groups = this.#groups;
    const { length: limit } = plain;
    const input = this.#input;
    const end = this.#end;
    let at = this.#at;
    let bits = this.#bits;
    let count = this.#count;
    for (;;) {
      if (pending > 0) {
        const n = Math.min(pending, limit - made);
        copy(plain, made, back, n);
        made += n;
        pending -= n;
      }
      if (made === limit) break;
      faster = !isFirst && !groups && at * 8 >= count && at * 8 - count <= last && made <= limit - LONG_LENGTH;
      if (faster) break;
      if (count < 17 && at + 2 <= end) {
        bits = (bits << 16) | (input[at]! << 8) | input[at + 1]!;
        at += 2;
        count += 16;
      }
      if (groups) {
        if (count < 4) {
          if (at === end) break;
          bits = (bits << 8) | input[at++]!;
          count += 8;
        }
        count -= 4;
        pending = (bits >>> count) & 15;
        groups = pending === 15;
        isFirst = false;
        continue;
      }
      const seen = (count < 17 ? bits << (17 - count) : bits >>> (count - 17)) & 0x1ffff;
      if (seen < 0x10000 && count >= 9) {
        plain[made++] = seen >>> 8;
        count -= 9;
        isFirst = false;
        continue;
      }
      const isShort = (seen & 0x8000) !== 0;
      const code = isShort ? (seen >>> 4) & 15 : seen & 15;
      const isEnd = seen >>> 8 === 0x180;
      const used = seen < 0x10000 || isEnd ? 9 : (isShort ? 9 : 13) + BITS[code]!;
      if (used > count) {
        if (at === end) break;
        bits = (bits << 8) | input[at++]!;
        count += 8;
        continue;
      }
      count -= used;
      isFirst = false;
      if (isEnd) {
        this.ended = true;
        break;
      }
      back = isShort ? (seen >>> 8) & 0x7f : (seen >>> 4) & 0x7ff;
      if (back > made || back === 0) {
        this.#problem = wrongOffset(back, made, this.#origin + Math.max(0, at - 1));
        break;
      }
      pending = LENGTH[code]!;
      groups = code === 15;
      if (made + pending <= limit) {
        for (const to = made + pending; made < to; made++) plain[made] = plain[made - back]!;
        pending = 0;
      }
    }
    this.#made = made;
    this.#pending = pending;
    this.#back = back;
    this.#groups = groups;
    this.#at = at;
    this.#bits = bits;
    this.#count = count;
    return faster;
  }
}

const wrongOffset = (back: number, made: number, offset: number): FormatError => {
  const text = back === 0 ? 'a match has offset 0' : `a match begins ${String(back)} bytes back, only ${String(made)} are there`;
  return new FormatError('FORMAT_RANGE', text, { struct: 'LZS', field: 'offset', offset, actual: back });
};

/** Repeats what stands `back` bytes before `at`, which may run into itself. */
function copy(bytes: Uint8Array, at: number, back: number, length: number): void {
  if (back === 1) bytes.fill(bytes[at - 1]!, at, at + length);
  else if (length >= LONG_COPY && back >= length) bytes.copyWithin(at, at - back, at - back + length);
  else for (const to = at + length; at < to; at++) bytes[at] = bytes[at - back]!;
}
