import {
  isContentStream,
  type BackupStreamSource,
  type BackupTarget,
  type Cancellation,
  type ProgressReport,
  type StreamFault,
} from '@winback/core';
import type { JobEvent } from './job.js';

/** Least time between two reports. */
const INTERVAL_MS = 100;
/** Files between two looks at the clock. */
const FILES_PER_LOOK = 32;

/** Counts what a job has handled and says so, now and then. */
export class ProgressMeter {
  files = 0;
  directories = 0;
  bytes = 0;
  #next = 0;
  #ticks = 0;

  constructor(
    private readonly phase: ProgressReport['phase'],
    private readonly onEvent: (event: JobEvent) => void,
    private readonly target?: Pick<BackupTarget, 'buffer'>,
    private readonly total: () => { files?: number | undefined; bytes?: number | undefined } = () => ({}),
  ) {}

  /** After each file. */
  tick(current: string): void {
    if (++this.#ticks % FILES_PER_LOOK === 0) this.look(current);
  }

  /** After each piece of a large file. */
  look(current: string): void {
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + INTERVAL_MS;
    const { files, bytes } = this.total();
    const buffer = this.target?.buffer;
    this.onEvent({
      type: 'progress',
      progress: {
        phase: this.phase,
        files: this.files + this.directories,
        bytes: this.bytes,
        totalFiles: files,
        totalBytes: bytes,
        buffer: buffer && buffer.filled / buffer.size,
        current,
      },
    });
  }
}

/** A file's streams, counted as they are read, and cut off when the user stops the job. One object serves all files. */
export class MeteredStreams implements BackupStreamSource {
  #source: BackupStreamSource | undefined;
  #path = '';
  #isContent = false;
  constructor(
    private readonly meter: ProgressMeter,
    private readonly cancellation: Cancellation,
  ) {}

  of(source: BackupStreamSource, path: string): this {
    this.#source = source;
    this.#path = path;
    return this;
  }

  next(): ReturnType<BackupStreamSource['next']> {
    const header = this.#source?.next();
    this.#isContent = header !== undefined && isContentStream(header);
    return header;
  }

  readInto(buffer: Uint8Array): number {
    const n = this.#source?.readInto(buffer) ?? 0;
    if (this.#isContent) this.meter.bytes += n;
    if (n >= 65_536) {
      this.cancellation.check();
      this.meter.look(this.#path);
    }
    return n;
  }

  get faults(): readonly StreamFault[] {
    return this.#source?.faults ?? [];
  }

  close(): void {
    this.#source?.close();
    this.#source = undefined;
  }
}
