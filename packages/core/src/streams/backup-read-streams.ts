import type { BackupStreamHeader, BackupStreamSource, StreamFault } from './backup-stream.js';
import { endsInData, StreamHeaderReader } from './stream-header-reader.js';

/** Few calls for small files, and room for whole pieces of large ones. */
const AHEAD = 256 * 1024;
/** Data is read straight into a buffer that has room for this much. Windows refuses buffers that hold no WIN32_STREAM_ID. */
const DIRECT_FROM = 64 * 1024;

/** Where the bytes of BackupRead's sequence come from. */
export interface BackupReadBytes {
  /** Puts the bytes that follow into a buffer, and says how many: 0 only at the end of the sequence. */
  read(buffer: Uint8Array): number;
  /**
   * BackupSeek: skips bytes of the current stream's data, never more than it has left, and says how many; what it does not skip is
   * read. Without it, everything is.
   */
  skip?(bytes: number): number;
  /** What the reader of the bytes replaced by zeros. */
  readonly faults?: readonly StreamFault[];
  /** bAbort: frees the context. Called once. */
  close?(): void;
}

/**
 * Streams parsed from the bytes of BackupRead's sequence, be they those of Windows itself or of a file. Memory does not grow with the
 * sequence.
 * @throws FORMAT_SHORT when the bytes end inside of a header or of a stream's data; FORMAT_RANGE when a header cannot be true
 */
export class BackupReadStreams implements BackupStreamSource {
  readonly #header = new StreamHeaderReader();
  /** Bytes read ahead: from `#from` to `#to` in the buffer. */
  #from = 0;
  #to = 0;
  /** Bytes of the current stream's data that were not given yet. */
  #left = 0;
  /** Where in the sequence the next byte to be given stands. */
  #position = 0;
  #ended = false;
  #failure: Error | undefined;
  #closed = false;

  /** @param buffer to read ahead into: whoever opens one file after another can use the same for all of them */
  constructor(
    private readonly bytes: BackupReadBytes,
    private readonly buffer = new Uint8Array(AHEAD),
  ) {}

  get faults(): readonly StreamFault[] {
    return this.bytes.faults ?? [];
  }

  next(): BackupStreamHeader | undefined {
    return this.#guard(() => {
      if (this.#left > 0) this.#skipRest();
      if (this.#ended) return undefined;
      this.#header.begin(this.#position);
      while (!this.#header.header) {
        if (this.#from === this.#to && !this.#readAhead()) {
          if (this.#header.isBegun) throw this.#header.short();
          this.#ended = true;
          return undefined;
        }
        this.#advance(this.#header.take(this.buffer.subarray(this.#from, this.#to)));
      }
      this.#left = this.#header.header.length;
      return this.#header.header;
    });
  }

  readInto(buffer: Uint8Array): number {
    const wanted = Math.min(buffer.length, this.#left);
    if (wanted === 0) return 0;
    return this.#guard(() => {
      let n: number;
      if (this.#from === this.#to && wanted >= DIRECT_FROM) {
        n = this.bytes.read(buffer.subarray(0, wanted));
        if (n <= 0) throw this.#endsHere();
        this.#position += n;
      } else {
        if (this.#from === this.#to && !this.#readAhead()) throw this.#endsHere();
        n = Math.min(wanted, this.#to - this.#from);
        buffer.set(this.buffer.subarray(this.#from, this.#from + n));
        this.#advance(n);
      }
      this.#left -= n;
      return n;
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.bytes.close?.();
  }

  #skipRest(): void {
    const ahead = Math.min(this.#left, this.#to - this.#from);
    this.#advance(ahead);
    this.#left -= ahead;
    if (this.#left > 0 && this.bytes.skip) {
      const skipped = Math.min(this.bytes.skip(this.#left), this.#left);
      this.#position += skipped;
      this.#left -= skipped;
    }
    while (this.#left > 0) {
      if (!this.#readAhead()) throw this.#endsHere();
      const n = Math.min(this.#left, this.#to);
      this.#advance(n);
      this.#left -= n;
    }
  }

  #readAhead(): boolean {
    this.#from = 0;
    this.#to = Math.max(0, this.bytes.read(this.buffer));
    return this.#to > 0;
  }

  #advance(bytes: number): void {
    this.#from += bytes;
    this.#position += bytes;
  }

  #endsHere(): Error {
    return endsInData(this.#header.header!, this.#left, this.#position);
  }

  /** Behind an error nobody knows where the next header is. */
  #guard<T>(action: () => T): T {
    if (this.#failure) throw this.#failure;
    try {
      return action();
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }
}
