import type { BackupStreamHeader, MaybePromise, StoredStreams } from '@winback/core';
import { Produced, settle, wait, type Steps } from '../flow/steps.js';
import type { StreamPart } from './volume-writer.js';

/** Backup streams that steps produce, pulled by whoever recovers them. */
export class ProducedStreams implements StoredStreams {
  readonly #parts: Produced<StreamPart>;
  #header: BackupStreamHeader | undefined;
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;

  constructor(parts: Steps<StreamPart>) {
    this.#parts = new Produced(parts);
  }

  next(): MaybePromise<BackupStreamHeader | undefined> {
    return settle(this.#nextHeader());
  }

  readInto(buffer: Uint8Array): MaybePromise<number> {
    if (this.#at < this.#bytes.length) return this.#give(buffer);
    return settle(this.#nextBytes(buffer));
  }

  *#nextHeader(): Steps<never, BackupStreamHeader | undefined> {
    this.#at = this.#bytes.length;
    for (;;) {
      const held = this.#header;
      this.#header = undefined;
      if (held) return held;
      const part = yield* wait(this.#parts.next());
      if (!part) return undefined;
      if ('header' in part) return part.header;
    }
  }

  *#nextBytes(buffer: Uint8Array): Steps<never, number> {
    if (this.#header) return 0;
    for (;;) {
      const part = yield* wait(this.#parts.next());
      if (!part) return 0;
      if ('header' in part) {
        this.#header = part.header;
        return 0;
      }
      if (part.bytes.length === 0) continue;
      this.#bytes = part.bytes;
      this.#at = 0;
      return this.#give(buffer);
    }
  }

  #give(buffer: Uint8Array): number {
    const piece = this.#bytes.subarray(this.#at, this.#at + buffer.length);
    buffer.set(piece);
    this.#at += piece.length;
    return piece.length;
  }
}
