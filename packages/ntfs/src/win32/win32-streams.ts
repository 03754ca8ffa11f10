import {
  BackupReadStreams,
  isWinbackError,
  SparseBlockOffset,
  StreamId,
  Win32StreamId,
  type BackupStreamHeader,
  type BackupStreamSource,
  type StreamFault,
} from '@winback/core';
import type { BackupBytes } from './backup-bytes.js';
import { describeWin32, Win32Error } from './win32-error.js';

/**
 * The streams that BackupRead gives of an open file. The first header is read at once, so that what cannot be read at all fails while it
 * is opened; afterwards nothing throws: what is missing is zeros, and a fault.
 */
export class Win32Streams implements BackupStreamSource {
  readonly #faults: StreamFault[] = [];
  readonly #streams: BackupReadStreams;
  /** The header that was read at the beginning. */
  #first: BackupStreamHeader | undefined;
  #number = 0;
  /** Of the current stream: where in the sequence its data begins, how long it is, and how much of it is still to come. */
  #begin = 0;
  #length = 0;
  #left = 0;
  #told = 0;
  #ended = false;
  #closed = false;

  /** @throws Win32Error when BackupRead does not give anything of the file */
  constructor(
    private readonly bytes: BackupBytes,
    buffer: Uint8Array<ArrayBuffer>,
    private readonly closed: () => void,
  ) {
    this.#streams = new BackupReadStreams(bytes, buffer);
    this.#first = this.#streams.next();
    this.#ended = this.#first === undefined;
  }

  get faults(): readonly StreamFault[] {
    return this.#faults;
  }

  next(): BackupStreamHeader | undefined {
    if (this.#ended) return undefined;
    const header = this.#first ?? this.#guard(() => this.#streams.next());
    this.#first = undefined;
    this.#tellUnreadable();
    if (!header) {
      this.#ended = true;
      return undefined;
    }
    this.#begin += this.#length + headerSize(header);
    this.#length = this.#left = header.length;
    this.#number++;
    return header;
  }

  readInto(buffer: Uint8Array): number {
    const wanted = Math.min(buffer.length, this.#left);
    if (wanted === 0) return 0;
    const given = this.#ended ? undefined : this.#guard(() => this.#streams.readInto(buffer));
    if (given === undefined) buffer.fill(0, 0, wanted);
    this.#left -= given ?? wanted;
    this.#tellUnreadable();
    return given ?? wanted;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#streams.close();
    this.closed();
  }

  /** Behind an error of the sequence itself there is nothing more to be had. */
  #guard<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      this.#ended = true;
      const offset = this.#length - this.#left;
      const missing = 'the rest of it and what would follow is missing';
      if (error instanceof Win32Error)
        this.#fault('unreadable', offset, `reading at byte ${offset} failed: ${describeWin32(error.number)}; ${missing}`);
      else this.#fault('length-changed', offset, `the file was changed while it was read (${error.message}); ${missing}`);
      return undefined;
    }
  }

  /** Bytes are read ahead: what failed belongs to a stream only once that has begun. */
  #tellUnreadable(): void {
    for (; this.#told < this.bytes.unreadable.length; this.#told++) {
      const { position, error } = this.bytes.unreadable[this.#told]!;
      if (position >= this.#begin + this.#length) return;
      const offset = Math.max(0, position - this.#begin);
      this.#fault('unreadable', offset, `reading at byte ${offset} failed: ${describeWin32(error.number)}`);
    }
  }

  #fault(kind: StreamFault['kind'], offset: number, message: string): void {
    this.#faults.push({ kind, streamNumber: Math.max(1, this.#number), offset, message });
  }
}

/** Bytes of a header in the sequence: the offset of a sparse block counts as part of it. */
const headerSize = ({ id, name = '' }: BackupStreamHeader): number =>
  Win32StreamId.size + name.length * 2 + (id === StreamId.SPARSE_BLOCK ? SparseBlockOffset.size : 0);
