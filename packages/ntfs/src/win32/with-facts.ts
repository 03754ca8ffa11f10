import { MemoryStreams, type BackupStreamHeader, type BackupStreamSource, type MemoryStream, type StreamFault } from '@winback/core';

/** Streams, and behind them facts that those do not have. */
export class WithFacts implements BackupStreamSource {
  readonly #facts: MemoryStreams;
  #behind = false;

  constructor(
    private readonly streams: BackupStreamSource,
    facts: readonly MemoryStream[],
  ) {
    this.#facts = new MemoryStreams(facts);
  }

  get faults(): readonly StreamFault[] {
    return this.streams.faults;
  }

  next(): BackupStreamHeader | undefined {
    const header = this.#behind ? undefined : this.streams.next();
    if (header) return header;
    this.#behind = true;
    return this.#facts.next();
  }

  readInto(buffer: Uint8Array): number {
    return this.#behind ? this.#facts.readInto(buffer) : this.streams.readInto(buffer);
  }

  close(): void {
    this.streams.close();
  }
}
