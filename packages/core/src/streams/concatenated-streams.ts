import type { BackupStreamHeader, BackupStreamSource, StreamFault } from './backup-stream.js';

/** The streams of several sources, one source after the other, as those of one file. */
export class ConcatenatedStreams implements BackupStreamSource {
  #index = 0;
  /** Streams given by the sources before each source. */
  readonly #before: number[] = [0];
  #given = 0;
  constructor(private readonly sources: readonly BackupStreamSource[]) {}

  get faults(): readonly StreamFault[] {
    return this.sources.flatMap(({ faults }, i) => {
      const before = this.#before[i] ?? 0;
      return before === 0 ? faults : faults.map((fault) => ({ ...fault, streamNumber: fault.streamNumber + before }));
    });
  }

  next(): BackupStreamHeader | undefined {
    for (; this.#index < this.sources.length; this.#before[++this.#index] = this.#given) {
      const header = this.sources[this.#index]?.next();
      if (!header) continue;
      this.#given++;
      return header;
    }
    return undefined;
  }

  readInto(buffer: Uint8Array): number {
    return this.sources[this.#index]?.readInto(buffer) ?? 0;
  }

  close(): void {
    for (const source of this.sources) source.close();
  }
}
