import { StreamId, type BackupStreamHeader, type MaybePromise } from '@winback/core';

/** What stored streams and a file's own streams have in common. */
export interface AnyStreams {
  next(): MaybePromise<BackupStreamHeader | undefined>;
  readInto(buffer: Uint8Array): MaybePromise<number>;
}

/** A run of a file's content: bytes, or zeros that are not stored. */
export interface ContentRun {
  readonly offset: number;
  /** Bytes at `offset`; undefined for a hole that reaches to the next run. */
  readonly data: Uint8Array;
}

/**
 * The content that a DATA or ALTERNATE_DATA header begins, as runs in rising order, whether it is kept whole or as sparse blocks.
 * Holes are the gaps between runs; the last run can be empty and then tells where the file ends.
 */
export class ContentReader {
  #block: BackupStreamHeader | undefined;
  #at = 0;
  /** The header after the content, already taken from the streams. */
  following: BackupStreamHeader | undefined;
  #done = false;

  constructor(
    private readonly streams: AnyStreams,
    first: BackupStreamHeader,
    private readonly buffer: Uint8Array,
  ) {
    this.#block = first;
    this.#at = first.offset ?? 0;
  }

  async next(): Promise<ContentRun | undefined> {
    while (!this.#done) {
      const read = this.streams.readInto(this.buffer);
      const n = read instanceof Promise ? await read : read;
      if (n > 0) {
        const run = { offset: this.#at, data: this.buffer.subarray(0, n) };
        this.#at += n;
        return run;
      }
      const ended = this.#block;
      const upcoming = this.streams.next();
      const header = upcoming instanceof Promise ? await upcoming : upcoming;
      if (header?.id === StreamId.SPARSE_BLOCK) {
        this.#block = header;
        this.#at = header.offset ?? 0;
      } else {
        this.following = header;
        this.#done = true;
      }
      // An empty block at the end carries nothing but its place: the size of the file.
      if (ended?.id === StreamId.SPARSE_BLOCK && ended.length === 0) return { offset: ended.offset ?? 0, data: this.buffer.subarray(0, 0) };
    }
    return undefined;
  }
}
