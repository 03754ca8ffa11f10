import type { BackupStreamHeader, BackupStreamSource, StreamFault } from './backup-stream.js';

export interface MemoryStream extends Omit<BackupStreamHeader, 'length'> {
  readonly data: Uint8Array;
}

/** Streams whose bytes are already in memory: folders, links, small facts, tests. */
export class MemoryStreams implements BackupStreamSource {
  readonly faults: readonly StreamFault[] = [];
  #index = -1;
  #at = 0;
  constructor(private readonly streams: readonly MemoryStream[]) {}

  next(): BackupStreamHeader | undefined {
    this.#index++;
    this.#at = 0;
    const stream = this.streams[this.#index];
    if (!stream) return undefined;
    const { data, ...header } = stream;
    return { ...header, length: data.length };
  }

  readInto(buffer: Uint8Array): number {
    const data = this.streams[this.#index]?.data;
    if (!data) return 0;
    const n = Math.min(buffer.length, data.length - this.#at);
    buffer.set(data.subarray(this.#at, this.#at + n));
    this.#at += n;
    return n;
  }

  close(): void {
    // nothing is held
  }
}
