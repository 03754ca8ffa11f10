import { xor16, type BackupStreamSource } from '@winback/core';
import { LzsEncoder } from '../lzs/lzs-encoder.js';
import { LZS221, MediaAttribute } from './constants.js';
import { FrameHeader } from './layout/index.js';
import type { Output, StreamPart } from './output.js';

/** Bytes of a frame before compression, as the specification has them. */
const FRAME_BYTES = 63_488;
/** Frames of one part: its header, which tells how long it is, is written before them. */
const FRAMES_PER_PART = 16;
/** Streams below this are written as they are: a frame's header takes what compression saves. */
const SHORTEST = 128;

const HEAD = FrameHeader.size;
const MEDIA = FrameHeader.offsetOf('mediaAttributes');
const REMAINING = FrameHeader.offsetOf('remaining');
const PLAIN_SIZE = FrameHeader.offsetOf('uncompressedSize');
const STORED_SIZE = FrameHeader.offsetOf('compressedSize');
const SEQUENCE = FrameHeader.offsetOf('sequence');
const CHECKSUM = FrameHeader.offsetOf('checksum');
const TWO_32 = 0x1_0000_0000;
const EMPTY_FRAME = FrameHeader.encode(FrameHeader.create({ signature: 'FH' }));

/**
 * Writes streams as chains of LZS frames. One that is longer than a frame is a stream of variable length: how long it will be is not known
 * when its header is written. The checksum covers the bytes as they stand in the file.
 */
export class StreamCompressor {
  readonly #encoder = new LzsEncoder();
  readonly #plain = new Uint8Array(FRAME_BYTES);
  readonly #part = new Uint8Array(FRAMES_PER_PART * (HEAD + FRAME_BYTES));
  readonly #view = new DataView(this.#part.buffer);

  constructor(private readonly out: Output) {}

  /** As {@link Output.stream}. @throws TypeError when the source gives fewer bytes than it said */
  stream(
    id: number,
    fsAttributes: number,
    mediaAttributes: number,
    prefix: Uint8Array,
    source: BackupStreamSource | undefined,
    length: number,
  ): void {
    const { out } = this;
    const total = prefix.length + length;
    if (total < SHORTEST || prefix.length > FRAME_BYTES) {
      out.stream(id, fsAttributes, mediaAttributes, prefix, source, length);
      return;
    }
    const original = mediaAttributes | MediaAttribute.CHECKSUMED;
    const head = { id, fsAttributes, compression: LZS221 };
    this.#plain.set(prefix);
    this.#fill(prefix.length, Math.min(total, FRAME_BYTES), source);
    if (total <= FRAME_BYTES) {
      const size = this.#frame(0, total, total, 1, original);
      if (size === HEAD + total) out.stream(id, fsAttributes, mediaAttributes, this.#plain.subarray(0, total), undefined, 0);
      else
        out.part(
          { ...head, first: true, mediaAttributes: mediaAttributes | MediaAttribute.COMPRESSED },
          this.#part.subarray(0, size),
          true,
        );
      return;
    }
    const media = mediaAttributes | MediaAttribute.COMPRESSED | MediaAttribute.VARIABLE;
    let first = true;
    let used = 0;
    let frames = 0;
    for (let left = total, sequence = 1; left > 0; sequence++) {
      const size = Math.min(left, FRAME_BYTES);
      if (left < total) this.#fill(0, size, source);
      used += this.#frame(used, size, left, sequence, original);
      frames++;
      left -= size;
      if (left > 0 && frames < FRAMES_PER_PART) continue;
      const part: StreamPart = { ...head, first, mediaAttributes: left === 0 ? media | MediaAttribute.VAR_END : media };
      out.part(part, this.#part.subarray(0, used), left === 0);
      first = false;
      used = 0;
      frames = 0;
    }
  }

  /** Makes a frame of the first `size` plain bytes at `at` of the part, stored where compression does not pay. Gives its size with its header. */
  #frame(at: number, size: number, remaining: number, sequence: number, mediaAttributes: number): number {
    const bytes = this.#part;
    const view = this.#view;
    const data = at + HEAD;
    let stored = this.#encoder.encode(this.#plain, 0, size, bytes.subarray(data, data + size));
    if (stored === 0) {
      bytes.set(size === FRAME_BYTES ? this.#plain : this.#plain.subarray(0, size), data);
      stored = size;
    }
    bytes.set(EMPTY_FRAME, at);
    view.setUint16(at + MEDIA, mediaAttributes, true);
    view.setUint32(at + REMAINING, (remaining % TWO_32) >>> 0, true);
    view.setUint32(at + REMAINING + 4, Math.floor(remaining / TWO_32), true);
    view.setUint32(at + PLAIN_SIZE, size, true);
    view.setUint32(at + STORED_SIZE, stored, true);
    view.setUint8(at + SEQUENCE, sequence & 0xff);
    view.setUint16(at + CHECKSUM, xor16(bytes, at, CHECKSUM), true);
    return HEAD + stored;
  }

  #fill(from: number, to: number, source: BackupStreamSource | undefined): void {
    for (let at = from; at < to;) {
      const n = source?.readInto(this.#plain.subarray(at, to)) ?? 0;
      if (n <= 0 || n > to - at) throw new TypeError(`the stream gave ${String(n)} bytes where ${String(to - at)} are missing`);
      at += n;
    }
  }
}
