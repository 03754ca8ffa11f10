import { FormatError, xor16 } from '@winback/core';
import { LzsDecoder } from '../lzs/lzs-decoder.js';
import { FrameHeader } from './layout/index.js';

/** The bytes of a compressed stream as they stand in the file. */
export interface StoredBytes {
  /** Gives some of them; 0 when there are no more. */
  read(into: Uint8Array): number;
  /** Where in the file the next one stands. */
  readonly at: number;
}

export interface Frame {
  /** Plain bytes of the stream from this frame on; 0: its writer did not know. */
  readonly remaining: number;
  readonly plainSize: number;
  readonly storedSize: number;
}

export const FRAME_HEADER_SIZE = FrameHeader.size;
const CHECKSUM = FrameHeader.offsetOf('checksum');
const PIECE = 32_768;

/** The header of a frame, which stands at `origin` in the file. @throws FORMAT_MAGIC, FORMAT_CHECKSUM, FORMAT_RANGE */
export function decodeFrame(bytes: Uint8Array, origin: number): Frame {
  const struct = FrameHeader.name;
  const head = FrameHeader.decode(bytes, 0, origin);
  if (head.signature !== 'FH') {
    const place = { struct, field: 'signature', offset: origin, expected: 'FH', actual: head.signature };
    throw new FormatError('FORMAT_MAGIC', `no frame begins here: found ${JSON.stringify(head.signature)}`, place);
  }
  const expected = xor16(bytes, 0, CHECKSUM);
  if (head.checksum !== expected) {
    const text = `this frame's header has checksum 0x${expected.toString(16)}, it says 0x${head.checksum.toString(16)}`;
    throw new FormatError('FORMAT_CHECKSUM', text, {
      struct,
      field: 'checksum',
      offset: origin + CHECKSUM,
      expected,
      actual: head.checksum,
    });
  }
  return { remaining: head.remaining, plainSize: head.uncompressedSize, storedSize: head.compressedSize };
}

/** Takes the plain bytes out of a chain of LZS frames. It holds 98 KiB, whatever the frames claim. */
export class FrameReader {
  readonly #decoder = new LzsDecoder();
  readonly #input = new Uint8Array(PIECE);
  readonly #header = new Uint8Array(FRAME_HEADER_SIZE);
  readonly #beyond = new Uint8Array(1);
  #source: StoredBytes = { read: () => 0, at: 0 };
  #frameAt = 0;
  #frame: Frame = { remaining: 0, plainSize: 0, storedSize: 0 };
  #plainLeft = 0;
  #storedLeft = 0;
  #isOpen = false;

  /** A stream begins. */
  begin(source: StoredBytes): void {
    this.#source = source;
    this.#isOpen = false;
  }

  /** Gives plain bytes; 0 when the last frame was read to its end. @throws FORMAT_* */
  readInto(buffer: Uint8Array): number {
    if (buffer.length === 0) return 0;
    for (;;) {
      if (this.#isOpen && this.#plainLeft === 0) this.#endFrame();
      if (!this.#isOpen && !this.#beginFrame()) return 0;
      if (this.#plainLeft === 0) continue;
      const wanted = buffer.length <= this.#plainLeft ? buffer : buffer.subarray(0, this.#plainLeft);
      const n = this.#frame.plainSize === this.#frame.storedSize ? this.#stored(wanted) : this.#decoded(wanted);
      if (n === 0) {
        const had = this.#frame.plainSize - this.#plainLeft;
        this.#fail('FORMAT_SHORT', `this frame holds ${had} bytes, it says ${this.#frame.plainSize}`, had);
      }
      this.#plainLeft -= n;
      return n;
    }
  }

  #beginFrame(): boolean {
    this.#frameAt = this.#source.at;
    let have = 0;
    while (have < FRAME_HEADER_SIZE) {
      const n = this.#source.read(this.#header.subarray(have));
      if (n === 0) break;
      // Where a part of the stream ended just before, the frame begins in the next one.
      if (have === 0) this.#frameAt = this.#source.at - n;
      have += n;
    }
    if (have === 0) return false;
    this.#frame = decodeFrame(this.#header.subarray(0, have), this.#frameAt);
    this.#plainLeft = this.#frame.plainSize;
    this.#storedLeft = this.#frame.storedSize;
    this.#isOpen = true;
    this.#decoder.begin();
    return true;
  }

  #stored(into: Uint8Array): number {
    const n = this.#source.read(into);
    this.#storedLeft -= n;
    return n;
  }

  #decoded(into: Uint8Array): number {
    for (;;) {
      const n = this.#decoder.readInto(into);
      if (n > 0 || this.#decoder.ended || !this.#feed()) return n;
    }
  }

  /** Whether there was more of the frame. */
  #feed(): boolean {
    const n = this.#storedLeft === 0 ? 0 : this.#source.read(this.#input.subarray(0, Math.min(PIECE, this.#storedLeft)));
    if (n === 0) return false;
    this.#storedLeft -= n;
    this.#decoder.feed(this.#input.subarray(0, n), this.#source.at - n);
    return true;
  }

  /** What follows the last plain byte: the end marker and fill. Frames that lack the marker are let pass. */
  #endFrame(): void {
    const { plainSize, storedSize } = this.#frame;
    if (plainSize !== storedSize && this.#decoded(this.#beyond) > 0)
      this.#fail('FORMAT_RANGE', `this frame holds more than the ${plainSize} bytes that it says`, plainSize + 1);
    while (this.#storedLeft > 0) {
      const n = this.#source.read(this.#input.subarray(0, Math.min(PIECE, this.#storedLeft)));
      if (n === 0) this.#fail('FORMAT_SHORT', `the stream ends ${this.#storedLeft} bytes before this frame`, storedSize - this.#storedLeft);
      this.#storedLeft -= n;
    }
    this.#isOpen = false;
  }

  #fail(code: 'FORMAT_SHORT' | 'FORMAT_RANGE', text: string, actual: number): never {
    const place = { struct: FrameHeader.name, field: 'uncompressedSize', offset: this.#frameAt, expected: this.#frame.plainSize, actual };
    throw new FormatError(code, text, place);
  }
}
