import { DIRECT_ALIGNMENT } from './aligned-memory.js';
import { PIECE_SIZE } from './piece-ring.js';
import { PieceWriter, type PieceWriterOptions } from './piece-writer.js';

/** Bytes after which somebody is told of them. */
const TELL_EVERY = 8 << 20;

export interface AppendOptions extends Pick<PieceWriterOptions, 'useThread'> {
  /** Told of stretches of the file that have been handed to the system. */
  readonly written?: (from: number, length: number) => void;
}

/** Bytes that are written one behind the other, in large pieces, while the next ones are made. */
export class AppendBuffer {
  #writer: PieceWriter | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #filled = 0;
  #limit = PIECE_SIZE;
  #base = 0;
  /** Up to here somebody was told. */
  #told = 0;

  /** @param options `useThread: false`: at any time less than a piece was put in and is not in the file */
  constructor(
    private readonly fd: number,
    private readonly options: AppendOptions = {},
  ) {}

  get isEmpty(): boolean {
    return this.#filled === 0 && this.#writer?.unwritten === undefined;
  }

  /** Where in the file the next byte goes. */
  get position(): number {
    return this.#base + this.#filled;
  }

  /** Everything before this byte of the file has been handed to the system. */
  get written(): number {
    return this.#writer?.unwritten ?? this.#base;
  }

  /** Where the next byte goes from now on. What is not written yet is given up. */
  moveTo(position: number): void {
    if (this.#writer?.unwritten !== undefined) this.close();
    this.#told = position;
    this.#place(position);
  }

  #place(position: number): void {
    this.#base = position;
    this.#filled = 0;
    this.#limit = PIECE_SIZE - (position % DIRECT_ALIGNMENT);
  }

  /** @throws the system's error, of this write or an earlier one; then all before {@link written} is in the file, and nothing else is kept */
  put(data: Uint8Array): void {
    this.#writer ??= this.#open();
    for (let from = 0; from < data.length;) {
      const length = Math.min(data.length - from, this.#limit - this.#filled);
      const some = from === 0 && length === data.length ? data : data.subarray(from, from + length);
      this.#bytes.set(some, this.#writer.start + this.#filled);
      this.#filled += length;
      from += length;
      if (this.#filled === this.#limit) this.#submit(this.#writer);
    }
  }

  #open(): PieceWriter {
    const writer = new PieceWriter(this.fd, { ...this.options, syncEarly: false });
    this.#bytes = new Uint8Array(writer.memory);
    return writer;
  }

  #submit(writer: PieceWriter): void {
    const length = this.#filled;
    const start = this.#base;
    this.#place(start + length);
    this.#guard(writer, () => {
      writer.submit(length, start);
    });
    const { written } = this;
    if (written - this.#told < TELL_EVERY) return;
    this.options.written?.(this.#told, written - this.#told);
    this.#told = written;
  }

  /** Hands everything to the system. @throws the system's error; then nothing is kept */
  flush(): void {
    const writer = this.#writer;
    if (!writer) return;
    if (this.#filled > 0) this.#submit(writer);
    this.#guard(writer, () => {
      writer.drain();
    });
  }

  /** No more is coming. What was not flushed is given up. */
  close(): void {
    this.#writer?.discard();
    this.#writer = undefined;
  }

  #guard(writer: PieceWriter, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#place(writer.unwritten ?? this.#base);
      // One that has failed once writes nothing any more.
      writer.discard();
      this.#writer = undefined;
      throw error;
    }
  }
}
