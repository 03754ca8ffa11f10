import type { BackupReadBytes } from '@winback/core';
import type { Handle } from './ffi/declarations.js';
import type { FileCalls } from './file-calls.js';
import { Win32Error } from './win32-error.js';

/** What a disk error costs: read and, if that fails too, skipped at once. */
const STEP = 4096;
/** The least that BackupRead accepts, with a little to spare: what stands in front of the error. */
const LEAST = 24;
/** Reads in small steps after an error, which rarely comes alone. */
const CAREFUL_READS = 64;
const MOST = 0x7fff_f000;

/** A stretch of the sequence that could not be read and was given as zeros. */
export interface UnreadableStretch {
  /** In the sequence. */
  readonly position: number;
  readonly error: Win32Error;
}

/** BackupRead on an open file. What cannot be read of a stream's data is skipped with BackupSeek, and given as zeros. */
export class BackupBytes implements BackupReadBytes {
  readonly #context = new Uint8Array(8);
  readonly #count = new Uint8Array(8);
  readonly #counts = new DataView(this.#count.buffer);
  readonly #unreadable: UnreadableStretch[] = [];
  #position = 0;
  #unreadableTo = -1;
  #careful = 0;
  #begun = false;

  constructor(
    private readonly files: FileCalls,
    private readonly handle: Handle,
  ) {}

  get unreadable(): readonly UnreadableStretch[] {
    return this.#unreadable;
  }

  /** @throws Win32Error when it fails before the first byte, or where nothing can be skipped */
  read(buffer: Uint8Array): number {
    const wanted = Math.min(buffer.length, this.#careful > 0 ? STEP : MOST);
    if (this.#careful > 0) this.#careful--;
    if (this.#call(buffer, wanted)) return this.#counted();
    let error = this.files.lastError('BackupRead');
    this.#careful = CAREFUL_READS;
    if (wanted > STEP) {
      if (this.#call(buffer, STEP)) return this.#counted();
      error = this.files.lastError('BackupRead');
    }
    const skipped = this.#begun ? this.#seek(Math.min(STEP, buffer.length)) : 0;
    if (skipped === 0) {
      // A header stands in front of what cannot be read: it has to be read before its data can be skipped.
      if (this.#call(buffer, LEAST)) return this.#counted();
      throw error;
    }
    if (this.#unreadableTo !== this.#position) this.#unreadable.push({ position: this.#position, error });
    this.#unreadableTo = this.#position + skipped;
    buffer.fill(0, 0, skipped);
    return this.#given(skipped);
  }

  skip(bytes: number): number {
    return this.#given(this.#seek(bytes));
  }

  close(): void {
    this.files.api.BackupRead(this.handle, this.#count, 0, this.#count, 1, 0, this.#context);
  }

  #call(buffer: Uint8Array, size: number): boolean {
    return this.files.api.BackupRead(this.handle, buffer, size, this.#count, 0, 1, this.#context) !== 0;
  }

  /** How many it skipped: fewer than asked for at the end of a stream, which it calls an error. */
  #seek(bytes: number): number {
    this.#count.fill(0);
    const [low, high] = [bytes % 0x1_0000_0000, Math.floor(bytes / 0x1_0000_0000)];
    this.files.api.BackupSeek(this.handle, low, high, this.#count, this.#count.subarray(4), this.#context);
    return this.#counts.getUint32(4, true) * 0x1_0000_0000 + this.#counts.getUint32(0, true);
  }

  #counted(): number {
    return this.#given(this.#counts.getUint32(0, true));
  }

  #given(bytes: number): number {
    this.#begun = true;
    this.#position += bytes;
    return bytes;
  }
}
