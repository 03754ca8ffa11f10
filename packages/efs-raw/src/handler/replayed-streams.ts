import type { BackupStreamHeader, MaybePromise, StoredStreams } from '@winback/core';
import { settle, wait, type Steps } from '../flow/steps.js';

/** Streams of a file up to one that decides what becomes of it: those before are held, so that they can be given again. */
export class ReplayedStreams implements StoredStreams {
  readonly #held: { readonly header: BackupStreamHeader; readonly data: Uint8Array }[] = [];
  #decisive: BackupStreamHeader | undefined;
  #current: { readonly data: Uint8Array; at: number } | undefined;
  /** Read of the decisive stream before it was given. */
  #recorded: Uint8Array[] = [];
  #live = false;

  constructor(private readonly streams: StoredStreams) {}

  /** Reads up to the first stream that is wanted, and answers it. What comes before is small, or not held: then there is none. */
  *find(
    wanted: (header: BackupStreamHeader) => boolean,
    isSmall: (header: BackupStreamHeader) => boolean,
  ): Steps<never, BackupStreamHeader | undefined> {
    for (let header = yield* wait(this.streams.next()); header; header = yield* wait(this.streams.next())) {
      if (wanted(header) || !isSmall(header)) {
        this.#decisive = header;
        return wanted(header) ? header : undefined;
      }
      const data = new Uint8Array(header.length);
      let at = 0;
      while (at < data.length) {
        const n = yield* wait(this.streams.readInto(data.subarray(at)));
        if (n === 0) break;
        at += n;
      }
      yield* wait(this.streams.readInto(new Uint8Array(1))); // what is read to its end is checked
      this.#held.push({ header, data });
    }
    return undefined;
  }

  /** The small streams that came before; they are not given again. */
  takeHeld(): readonly { readonly header: BackupStreamHeader; readonly data: Uint8Array }[] {
    return this.#held.splice(0);
  }

  /** Reads the decisive stream; until {@link keepNothing} all that is read will be given again. */
  read(into: Uint8Array): MaybePromise<number> {
    return settle(this.#read(into));
  }

  *#read(into: Uint8Array): Steps<never, number> {
    const n = yield* wait(this.streams.readInto(into));
    if (!this.#live) this.#recorded.push(into.slice(0, n));
    return n;
  }

  /** What was read of the decisive stream need not be given again. */
  keepNothing(): void {
    this.#live = true;
    this.#decisive = undefined;
    this.#recorded = [];
  }

  next(): MaybePromise<BackupStreamHeader | undefined> {
    const held = this.#held.shift();
    if (held) {
      this.#current = { data: held.data, at: 0 };
      return held.header;
    }
    this.#current = undefined;
    const decisive = this.#decisive;
    this.#decisive = undefined;
    if (decisive) return decisive;
    this.#recorded = [];
    return this.streams.next();
  }

  readInto(buffer: Uint8Array): MaybePromise<number> {
    const current = this.#current;
    if (current) {
      const piece = current.data.subarray(current.at, current.at + buffer.length);
      buffer.set(piece);
      current.at += piece.length;
      return piece.length;
    }
    const recorded = this.#recorded[0];
    if (!recorded) return this.streams.readInto(buffer);
    const piece = recorded.subarray(0, buffer.length);
    buffer.set(piece);
    if (piece.length === recorded.length) this.#recorded.shift();
    else this.#recorded[0] = recorded.subarray(piece.length);
    return piece.length;
  }
}
