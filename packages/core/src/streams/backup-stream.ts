/** A stream that has no WIN32_STREAM_ID number: known to one backup format only, carried over as it is. */
export interface ForeignStream {
  /** The format that named it, for example `mtf`. */
  readonly format: string;
  /** Its id there, for example `SMP2`. */
  readonly id: string;
  /** Its attributes there. */
  readonly attributes: number;
}

/** The header of one backup stream as a parsed fact. */
export interface BackupStreamHeader {
  /** {@link StreamId}; 0 for a foreign stream. */
  readonly id: number;
  /** {@link StreamAttribute} flags. */
  readonly attributes: number;
  /**
   * Bytes that `readInto` will give. For SPARSE_BLOCK these are the bytes of the block alone: its 64-bit offset, which
   * WIN32_STREAM_ID counts as data, is the fact `offset` here.
   */
  readonly length: number;
  /** ALTERNATE_DATA: the stream's name in the form `:name:$DATA`. */
  readonly name?: string | undefined;
  /** SPARSE_BLOCK: where in the file the block belongs. */
  readonly offset?: number | undefined;
  readonly foreign?: ForeignStream | undefined;
}

/** What went wrong inside a file while it was read; the missing bytes were given as zeros. */
export interface StreamFault {
  readonly kind: 'length-changed' | 'unreadable';
  /** Number of the stream in the sequence, from 1. */
  readonly streamNumber: number;
  /** Where in the stream the bytes stop being real. */
  readonly offset: number;
  readonly message: string;
}

/**
 * The backup streams of one file, pulled: BackupRead's sequence, with headers parsed. Synchronous, because it is the hot path;
 * whoever reads slow things runs in a worker.
 */
export interface BackupStreamSource {
  /** The next stream's header, or undefined after the last. What was not read of the stream before is skipped. */
  next(): BackupStreamHeader | undefined;
  /**
   * Reads the current stream's next bytes into `buffer` and says how many: at least 1 until `length` bytes were given, then 0.
   * MUST give exactly `length` bytes in all: a file that shrank or cannot be read further gives zeros and reports a fault.
   */
  readInto(buffer: Uint8Array): number;
  /** Complete after the last stream. */
  readonly faults: readonly StreamFault[];
  close(): void;
}

export type MaybePromise<T> = T | Promise<T>;

/** The same on the way back, where the bytes may come from a network or a tape. */
export interface StoredStreams {
  next(): MaybePromise<BackupStreamHeader | undefined>;
  /**
   * @throws FORMAT_CHECKSUM, FORMAT_SHORT… when the stream's bytes are not what was written. All bytes of a stream were checked
   * once `readInto` has answered 0 for it.
   */
  readInto(buffer: Uint8Array): MaybePromise<number>;
}
