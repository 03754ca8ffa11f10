import { readSync, readvSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { readSoon } from './ffi/file-hints.js';
import { HEAD_SIZE, recordSize, type RecordHead } from './record-head.js';

const WINDOW = 1 << 18;
/** Blocks from here on are read straight into the caller's memory. */
const DIRECT = 1 << 15;
/** How far ahead of large blocks the disk is set to work, and in what steps. */
const READ_AHEAD = 8 << 20;
const READ_AHEAD_STEP = 2 << 20;

/** Reads the records of a track from the file: small ones through a window, large ones with one call each. */
export class RecordReader {
  #window: Buffer | undefined;
  #windowStart = 0;
  #windowEnd = 0;
  /** What stands behind a block that was read directly: zeros, and the next head. */
  readonly #behind = Buffer.alloc(2 * HEAD_SIZE);
  #behindStart = 0;
  #behindEnd = 0;

  /** Up to here the disk is at work. */
  #asked = 0;
  /** Where a block begins that follows the last one. */
  #expected = 0;

  constructor(
    private readonly fd: number,
    private readonly record: RecordHead,
  ) {}

  /** The file is about to change. */
  forget(): void {
    this.#windowEnd = this.#windowStart = 0;
    this.#behindEnd = this.#behindStart = 0;
  }

  /** Reads the head at `offset` into the record. False: there is none. */
  head(offset: number): boolean {
    const end = offset + HEAD_SIZE;
    if (offset >= this.#behindStart && end <= this.#behindEnd) return this.record.read(this.#behind, offset - this.#behindStart, offset);
    if (this.#window !== undefined && offset >= this.#windowStart && end <= this.#windowEnd)
      return this.record.read(this.#window, offset - this.#windowStart, offset);
    this.#behindStart = offset;
    this.#behindEnd = offset + readSync(this.fd, this.#behind, 0, HEAD_SIZE, offset);
    return this.#behindEnd === end && this.record.read(this.#behind, 0, offset);
  }

  /** The bytes of the block whose head is at `offset` and was read last. False: they are not what was written. */
  block(offset: number, into: Uint8Array, at: number): boolean {
    const { length, dataChecksum } = this.record;
    const target = into.subarray(at, at + length);
    const from = offset + HEAD_SIZE;
    const whole = length < DIRECT ? this.#throughWindow(target, from) : this.#directly(target, from, offset + recordSize(length));
    return whole && crc32(target) === dataChecksum;
  }

  #readAhead(from: number, next: number): void {
    // Only where block follows block: whoever goes from place to place needs nothing of what is between.
    if (from !== this.#expected) this.#asked = 0;
    else if (this.#asked < next + READ_AHEAD - READ_AHEAD_STEP) {
      const start = Math.max(this.#asked, next);
      readSoon(this.fd, start, next + READ_AHEAD - start);
      this.#asked = next + READ_AHEAD;
    }
    this.#expected = next + HEAD_SIZE;
  }

  #directly(target: Uint8Array, from: number, next: number): boolean {
    this.#readAhead(from, next);
    const gap = next - from - target.length;
    this.#behindStart = from + target.length;
    this.#behindEnd = this.#behindStart;
    let done = readvSync(this.fd, [target, this.#behind.subarray(0, gap + HEAD_SIZE)], from);
    this.#behindEnd += Math.max(0, done - target.length);
    while (done < target.length) {
      const length = readSync(this.fd, target, done, target.length - done, from + done);
      if (length === 0) return false;
      done += length;
    }
    return true;
  }

  #throughWindow(target: Uint8Array, from: number): boolean {
    if (from < this.#windowStart || from + target.length > this.#windowEnd) {
      this.#window ??= Buffer.allocUnsafeSlow(WINDOW);
      this.#windowStart = from;
      this.#windowEnd = from;
      this.#windowEnd += readSync(this.fd, this.#window, 0, WINDOW, from);
    }
    const start = from - this.#windowStart;
    if (this.#window === undefined || from + target.length > this.#windowEnd) return false;
    target.set(this.#window.subarray(start, start + target.length));
    return true;
  }
}
