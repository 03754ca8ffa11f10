import { FormatError } from '../errors/index.js';
import type { BackupStreamHeader, BackupStreamSource } from './backup-stream.js';
import { isSecurityStream } from './backup-sequence.js';
import { SparseBlockOffset, StreamId, Win32StreamHeader, Win32StreamId } from './stream-id.layout.js';

/** For bytes that have to be read to get past them. */
const DROP_SIZE = 64 * 1024;

export interface BackupContextOptions {
  /** bProcessSecurity: whether security descriptors are part of the sequence. */
  readonly processSecurity: boolean;
}

/**
 * BackupRead: the streams of a file as the bytes that Windows gives, each stream behind its WIN32_STREAM_ID, without padding.
 * See https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-backupread
 *
 * Streams that only another backup format knows have no place in that sequence: they are left out, and listed in `leftOut`.
 */
export class BackupRead implements Disposable {
  readonly #leftOut: BackupStreamHeader[] = [];
  /** WIN32_STREAM_ID and name of the current stream, and the offset of a sparse block. */
  #head: Uint8Array = new Uint8Array(0);
  #headAt = 0;
  /** Where in `#head` the data begins. */
  #nameEnd = 0;
  /** Bytes of the source's current stream that were neither given nor skipped. */
  #left = 0;
  /** Bytes in front of those that were skipped, and not yet taken from the source. */
  #skipped = 0;
  #position = 0;
  #ended = false;
  #closed = false;

  constructor(
    private readonly source: BackupStreamSource,
    private readonly options: BackupContextOptions,
  ) {}

  /** Streams that are not part of the sequence, as far as it was read. */
  get leftOut(): readonly BackupStreamHeader[] {
    return this.#leftOut;
  }

  /** Bytes of the sequence that were read or skipped. */
  get position(): number {
    return this.#position;
  }

  /**
   * Fills `buffer`, which may have any size but 0, with the next bytes of the sequence, and says how many: fewer only at the end, where
   * it is 0.
   */
  read(buffer: Uint8Array): number {
    this.#requireOpen();
    if (buffer.length === 0) throw new RangeError('buffer has no room: an answer of 0 would look like the end');
    let filled = 0;
    while (filled < buffer.length) {
      if (this.#headAt < this.#head.length) {
        const piece = this.#head.subarray(this.#headAt, this.#headAt + buffer.length - filled);
        buffer.set(piece, filled);
        this.#headAt += piece.length;
        filled += piece.length;
        this.#position += piece.length;
      } else if (this.#left > 0) {
        this.#takeSkipped();
        filled += this.#take(buffer.subarray(filled, filled + this.#left));
      } else if (!this.#nextStream()) break;
    }
    return filled;
  }

  /**
   * BackupSeek: skips up to `bytes` of the current stream's data, and says how many. It never gets across a header: behind the last
   * byte of the data, and in a header or name, it is 0, and when fewer are left than asked for, the next header follows. The offset that
   * a sparse block begins with is data. What is skipped to the end of a stream is not read from the source.
   * See https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-backupseek
   */
  seek(bytes: number): number {
    this.#requireOpen();
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw new RangeError(`bytes is ${bytes}, not a number of bytes to skip`);
    if (this.#headAt < this.#nameEnd) return 0;
    const ofHead = Math.min(bytes, this.#head.length - this.#headAt);
    const ofData = Math.min(bytes - ofHead, this.#left);
    this.#headAt += ofHead;
    this.#left -= ofData;
    this.#skipped += ofData;
    this.#position += ofHead + ofData;
    return ofHead + ofData;
  }

  /** bAbort: ends the context, at any time, and closes the source. Nothing can be read afterwards. */
  abort(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.source.close();
  }

  [Symbol.dispose](): void {
    this.abort();
  }

  /** Goes on to the next stream that belongs to the sequence; false at the end. */
  #nextStream(): boolean {
    this.#skipped = 0; // the source skips what was not read itself
    while (!this.#ended) {
      const header = this.source.next();
      if (!header) this.#ended = true;
      else if (header.foreign) this.#leftOut.push(header);
      else if (this.options.processSecurity || !isSecurityStream(header)) {
        this.#begin(header);
        return true;
      }
    }
    this.#head = new Uint8Array(0);
    this.#headAt = this.#nameEnd = 0;
    return false;
  }

  #begin({ id, attributes, length, name = '', offset = 0 }: BackupStreamHeader): void {
    const isBlock = id === StreamId.SPARSE_BLOCK;
    const size = length + (isBlock ? SparseBlockOffset.size : 0);
    const head = Win32StreamHeader.encode({ streamId: id, streamAttributes: attributes, size, name });
    this.#nameEnd = head.length;
    this.#head = isBlock ? new Uint8Array(Buffer.concat([head, SparseBlockOffset.encode({ offset: BigInt(offset) })])) : head;
    this.#headAt = 0;
    this.#left = length;
  }

  #takeSkipped(): void {
    if (this.#skipped === 0) return;
    const dropped = new Uint8Array(Math.min(DROP_SIZE, this.#skipped));
    while (this.#skipped > 0) {
      this.#skipped -= this.#readSource(dropped.subarray(0, this.#skipped));
    }
  }

  #take(buffer: Uint8Array): number {
    const n = this.#readSource(buffer);
    this.#left -= n;
    this.#position += n;
    return n;
  }

  #readSource(buffer: Uint8Array): number {
    const n = this.source.readInto(buffer);
    if (n > 0) return n;
    throw new FormatError('FORMAT_SHORT', `the source gave ${this.#left + this.#skipped} bytes less of this stream than it said`, {
      struct: Win32StreamId.name,
      field: 'size',
      offset: this.#position,
    });
  }

  #requireOpen(): void {
    if (this.#closed) throw new TypeError('the context of this BackupRead was ended');
  }
}
