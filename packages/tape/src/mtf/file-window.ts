import { UnreadableBytes, type ByteSource } from './byte-source.js';
import { FileSource } from './file-source.js';

/** Reads at least this long go straight into the caller's buffer. */
const DIRECT = 65_536;

/** Bytes read through a window that moves forward: headers from memory, large reads past it. */
export class FileWindow {
  /** The window. Valid at the index that `fill` gave, until the next call. */
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly path: string;
  readonly size: number;
  #start = 0;
  #end = 0;
  /** Places that cannot be read: headers are not found there, and contents are refused. */
  readonly #unreadable = new Map<number, UnreadableBytes>();

  constructor(
    private readonly source: ByteSource,
    capacity = 1 << 20,
  ) {
    this.path = source.name;
    this.size = source.size;
    const memory = new ArrayBuffer(capacity);
    this.bytes = Buffer.from(memory);
    this.view = new DataView(memory);
  }

  static open(path: string, capacity?: number): FileWindow {
    return new FileWindow(FileSource.open(path), capacity);
  }

  close(): void {
    this.source.close();
  }

  /** The next place at which something may be. */
  behindGap(at: number): number {
    return this.source.behindGap?.(at) ?? at;
  }

  /** Makes `length` bytes at `at` present, at most the capacity; their index in `bytes`, or -1 when the file ends before. */
  fill(at: number, length: number): number {
    if (at >= this.#start && at + length <= this.#end) return at - this.#start;
    if (at + length > this.size) return -1;
    if (at >= this.#start && at < this.#end) {
      this.bytes.copyWithin(0, at - this.#start, this.#end - this.#start);
    } else this.#end = at;
    this.#start = at;
    // As much as one call gives, and no more than it takes: what lies further on may be on another cartridge.
    while (this.#end - at < length) {
      const room = Math.min(this.bytes.length - (this.#end - at), this.size - this.#end);
      const n = this.#readOrZeros(this.#end - at, room);
      if (n === 0) break;
      this.#end += n;
    }
    return at + length <= this.#end ? 0 : -1;
  }

  /** How many bytes there are at `at`, where `fill` found less than `length`: the size of a source may be unknown. */
  left(at: number, length: number): number {
    const known = this.size - at;
    return Math.max(0, known < length ? known : this.#end - at);
  }

  /** Reads at most `into.length` bytes at `at`; 0 at the end of the file. @throws UnreadableBytes */
  read(at: number, into: Uint8Array): number {
    const wanted = this.#readable(at, Math.min(into.length, this.size - at));
    if (wanted <= 0) return 0;
    const held = at >= this.#start && at < this.#end ? Math.min(wanted, this.#end - at) : 0;
    if (held > 0) {
      into.set(this.bytes.subarray(at - this.#start, at - this.#start + held));
      return held;
    }
    if (wanted >= DIRECT) return this.#read(into, 0, wanted, at);
    const index = this.fill(at, wanted);
    if (index < 0) return 0;
    into.set(this.bytes.subarray(index, index + wanted));
    return wanted;
  }

  /** What cannot be read is zeros, which are no header. */
  #readOrZeros(offset: number, length: number): number {
    try {
      return this.#read(this.bytes, offset, length, this.#end);
    } catch (error) {
      if (!(error instanceof UnreadableBytes)) throw error;
      this.#unreadable.set(error.at, error);
      const some = Math.min(length, error.at + error.length - this.#end);
      this.bytes.fill(0, offset, offset + some);
      return some;
    }
  }

  /** How many bytes can be read up to a place that cannot. @throws UnreadableBytes when that is here */
  #readable(at: number, length: number): number {
    let left = length;
    for (const error of this.#unreadable.values()) {
      if (at >= error.at && at < error.at + error.length) throw error;
      if (error.at > at) left = Math.min(left, error.at - at);
    }
    return left;
  }

  #read(into: Uint8Array, offset: number, length: number, at: number): number {
    return length <= 0 ? 0 : this.source.readAt(into, offset, length, at);
  }
}
