import type { FileWindow } from './file-window.js';
import type { StoredBytes } from './frame-reader.js';
import { dataEnd, STREAM_HEADER_SIZE, type StreamHead } from './stream-head.js';

/** The bytes of a stream whose parts are known, one part behind the other. */
export class StoredParts implements StoredBytes {
  #index = 0;
  #at: number;

  constructor(
    private readonly window: FileWindow,
    private readonly parts: readonly StreamHead[],
    /** Told of all bytes that are read. */
    private readonly seen: (bytes: Uint8Array) => void,
  ) {
    this.#at = (parts[0]?.at ?? 0) + STREAM_HEADER_SIZE;
  }

  get at(): number {
    return this.#at;
  }

  read(into: Uint8Array): number {
    let part = this.parts[this.#index];
    while (part && this.#at === dataEnd(part)) {
      part = this.parts[++this.#index];
      if (part) this.#at = part.at + STREAM_HEADER_SIZE;
    }
    if (!part) return 0;
    const room = dataEnd(part) - this.#at;
    const n = this.window.read(this.#at, room >= into.length ? into : into.subarray(0, room));
    this.seen(into.subarray(0, n));
    this.#at += n;
    return n;
  }
}
