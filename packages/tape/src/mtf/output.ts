import {
  describeNodeError,
  isWinbackError,
  nodeErrno,
  TargetError,
  type WinbackError,
  Xor32,
  xor16,
  type BackupStreamSource,
} from '@winback/core';
import { DIRECT_ALIGNMENT, PIECE_SIZE } from '@winback/core/io';
import { FLB_SIZE, fourCharacters, MediaAttribute } from './constants.js';
import { BlockHeader, StreamHeader } from './layout/index.js';
import type { OutputJournal } from './output-journal.js';
import type { PieceSink } from '../io/piece-sink.js';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** A failed write as an error of the target. */
export function writeFailed(path: string, what: string, error: unknown): WinbackError {
  if (isWinbackError(error)) return error;
  const errno = nodeErrno(error);
  const details = { path, errno };
  if (errno !== undefined && FULL.has(errno)) {
    return new TargetError('TARGET_FULL', `${what} ${path} failed: ${describeNodeError(error)}`, details, {
      cause: error,
      hint: 'make room, or write the backup to a file on another disk; the sets that were there before are kept',
    });
  }
  return new TargetError('TARGET_IO', `${what} ${path} failed: ${describeNodeError(error)}`, details, { cause: error });
}

const S_FS = StreamHeader.offsetOf('fileSystemAttributes');
const S_MEDIA = StreamHeader.offsetOf('mediaAttributes');
const S_LENGTH = StreamHeader.offsetOf('length');
const S_ENCRYPTION = StreamHeader.offsetOf('encryptionAlgorithm');
const S_COMPRESSION = StreamHeader.offsetOf('compressionAlgorithm');
const S_CHECKSUM = StreamHeader.offsetOf('checksum');
const S_SIZE = StreamHeader.size;
const B_CHECKSUM = BlockHeader.offsetOf('checksum');

const CSUM = fourCharacters('CSUM');
const SPAD = fourCharacters('SPAD');
const TWO_32 = 0x1_0000_0000;
export const NO_BYTES = new Uint8Array(0);

/** Bytes of a piece that goes to a place in the file. */
const pieceSize = (position: number): number => PIECE_SIZE - (position % DIRECT_ALIGNMENT);

/** What the header of a part of a stream says, but for its length. */
export interface StreamPart {
  readonly first: boolean;
  readonly id: number;
  readonly fsAttributes: number;
  readonly mediaAttributes: number;
  readonly compression: number;
}

/**
 * The growing end of a file, gathered in pieces that are written while the next one fills. Headers are made in place, and sources
 * read their data straight into it. Places in the buffer and places in the file agree modulo 4. All pieces but those that are flushed end
 * where a page of the file does, so that they can be written directly.
 */
export class Output {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly #memory: ArrayBufferLike;
  /** Where in the buffer the next byte goes. */
  at: number;
  /** Where in the buffer the current piece begins and ends. */
  #start: number;
  #end: number;
  /** Where in the file the current piece goes. */
  #base: number;
  readonly #sum = new Xor32();

  /** @param start where the first byte goes */
  constructor(
    private readonly sink: PieceSink,
    readonly path: string,
    start: number,
    private readonly journal?: OutputJournal,
  ) {
    this.#base = start;
    this.#start = this.at = sink.start;
    this.#end = this.#start + pieceSize(start);
    this.#memory = sink.memory;
    this.bytes = Buffer.from(this.#memory);
    this.view = new DataView(this.#memory);
  }

  /** Where in the file the next byte goes. */
  get position(): number {
    return this.#base + this.at - this.#start;
  }

  /** Sees to it that `length` bytes can be made in place. */
  ensure(length: number): void {
    if (this.at + length > this.#end) this.#nextPiece(this.position % DIRECT_ALIGNMENT);
  }

  /** Returns once everything has been handed to the system. */
  flush(): void {
    this.#nextPiece();
    try {
      this.sink.drain();
    } catch (error) {
      throw writeFailed(this.path, 'writing', error);
    }
    this.#beginPiece();
  }

  /** Goes on at a place of before, once the sink was told to give up what it holds. */
  restart(position: number): void {
    this.#base = position;
    this.#beginPiece();
  }

  /** Leaves room for something that is not made of bytes: a filemark. Everything before must have been flushed. */
  skip(length: number): void {
    this.#base += length;
  }

  /** Resolves once flushes to the disk that were begun meanwhile have ended. Undefined where there are none. */
  syncs(): Promise<void> | undefined {
    return this.sink.syncs()?.catch((error: unknown) => {
      throw writeFailed(this.path, 'writing', error);
    });
  }

  /** No more is coming. */
  close(): void {
    this.sink.close();
  }

  /** Gives up what is not written yet. Once it returns nothing more reaches the file. */
  discard(): void {
    this.sink.discard();
  }

  /** @param kept bytes at the end of this piece that become the beginning of the next one */
  #nextPiece(kept = 0): void {
    const length = this.at - this.#start - kept;
    if ((length & 3) !== 0) throw new TypeError(`a piece of ${length} bytes would break the alignment of what follows`);
    // The sink may use the memory behind a piece as well.
    const rest = kept === 0 ? undefined : Uint8Array.prototype.slice.call(this.bytes, this.at - kept, this.at);
    try {
      this.sink.submit(length, this.#base);
    } catch (error) {
      throw writeFailed(this.path, 'writing', error);
    }
    this.#base += length;
    this.#beginPiece();
    if (rest === undefined) return;
    this.bytes.set(rest, this.at);
    this.at += kept;
  }

  #beginPiece(): void {
    this.#start = this.at = this.sink.start;
    this.#end = this.#start + pieceSize(this.#base);
  }

  /** Begins a block: a copy of its template, at the start of a format logical block. Gives its place in the buffer. */
  block(template: Uint8Array): number {
    this.ensure(2 * FLB_SIZE);
    const start = this.at;
    this.bytes.set(template, start);
    this.at = start + template.length;
    return start;
  }

  /** Zeros up to a multiple of 4 from the start of the block. */
  align4(): void {
    while ((this.at & 3) !== 0) this.bytes[this.at++] = 0;
  }

  /** Ends the header of the block at `start`. */
  sealBlock(start: number): void {
    this.view.setUint16(start + B_CHECKSUM, xor16(this.bytes, start, B_CHECKSUM), true);
    this.journal?.block(this.#base + start - this.#start, this.bytes.subarray(start, this.at));
  }

  streamHead(id: number, fsAttributes: number, mediaAttributes: number, length: number, compression = 0): void {
    this.ensure(S_SIZE + 4);
    const { view, at } = this;
    const low = (length % TWO_32) >>> 0;
    const high = (length - low) / TWO_32;
    view.setUint32(at, id, true);
    view.setUint16(at + S_FS, fsAttributes, true);
    view.setUint16(at + S_MEDIA, mediaAttributes, true);
    view.setUint32(at + S_LENGTH, low, true);
    view.setUint32(at + S_LENGTH + 4, high, true);
    view.setUint16(at + S_ENCRYPTION, 0, true);
    view.setUint16(at + S_COMPRESSION, compression, true);
    const folded = id ^ low ^ high ^ compression;
    view.setUint16(at + S_CHECKSUM, ((folded ^ (folded >>> 16)) & 0xffff) ^ fsAttributes ^ mediaAttributes, true);
    this.at = at + S_SIZE;
    if (length > 0 && id !== SPAD) this.journal?.stream(this.position, { id, fsAttributes, mediaAttributes, compression, length });
  }

  /**
   * A whole stream: header, `prefix`, then `length` bytes from `source`, and its checksum. Empty streams have none.
   * @throws TypeError when the source gives fewer bytes than it said
   */
  stream(
    id: number,
    fsAttributes: number,
    mediaAttributes: number,
    prefix: Uint8Array,
    source: BackupStreamSource | undefined,
    length: number,
  ): void {
    const total = prefix.length + length;
    if (total === 0) {
      this.streamHead(id, fsAttributes, mediaAttributes, 0);
      this.align4();
      return;
    }
    this.streamHead(id, fsAttributes, mediaAttributes | MediaAttribute.CHECKSUMED, total);
    this.#sum.reset();
    if (prefix.length > 0) this.#put(prefix);
    if (source) this.#pull(source, length);
    this.#putSum();
  }

  /** One of the parts that a stream of variable length is made of; the checksum of all parts follows the last one. */
  part(head: StreamPart, data: Uint8Array, last: boolean): void {
    if (head.first) this.#sum.reset();
    this.streamHead(head.id, head.fsAttributes, head.mediaAttributes | MediaAttribute.CHECKSUMED, data.length, head.compression);
    this.#put(data);
    if (last) this.#putSum();
    else this.align4();
  }

  #putSum(): void {
    this.align4();
    this.ensure(S_SIZE + 8); // header and sum stay together: a piece ends on a multiple of 4
    this.streamHead(CSUM, 0, 0, 4);
    this.view.setUint32(this.at, this.#sum.digest(), true);
    this.at += 4;
    this.align4();
  }

  /** A stream whose bytes are at hand. */
  bytesStream(id: number, fsAttributes: number, data: Uint8Array): void {
    this.stream(id, fsAttributes, 0, data, undefined, 0);
  }

  /**
   * A stream without a checksum, from pieces that are `length` bytes together.
   * @returns false when they were fewer: the stream is not whole then
   */
  plainStream(id: number, length: number, pieces: Iterable<Uint8Array>): boolean {
    this.streamHead(id, 0, 0, length);
    let left = length;
    for (const piece of pieces) {
      this.#put(piece);
      left -= piece.length;
    }
    this.align4();
    return left === 0;
  }

  #put(data: Uint8Array): void {
    for (let from = 0; from < data.length;) {
      if (this.at === this.#end) this.#nextPiece();
      const n = Math.min(data.length - from, this.#end - this.at);
      this.bytes.set(data.subarray(from, from + n), this.at);
      from += n;
      this.at += n;
    }
    this.#sum.update(data);
  }

  #pull(source: BackupStreamSource, length: number): void {
    for (let left = length; left > 0;) {
      if (this.at === this.#end) this.#nextPiece();
      const room = Math.min(left, this.#end - this.at);
      const piece = new Uint8Array(this.#memory, this.at, room);
      const n = source.readInto(piece);
      if (n <= 0 || n > room)
        throw new TypeError(`the stream gave ${String(n)} bytes for ${String(room)}, ${String(left)} of ${String(length)} are missing`);
      this.#sum.update(n === room ? piece : piece.subarray(0, n));
      this.at += n;
      left -= n;
    }
  }

  /**
   * The SPAD that ends a block's streams, up to the next format logical block.
   * @param unit or up to a larger one, which `phase` bytes from position 0 begins
   * @param id or another stream of zeros, behind which more follow
   */
  spad(unit = FLB_SIZE, phase = 0, id = SPAD): void {
    this.align4();
    this.ensure(2 * FLB_SIZE);
    const pad = (unit - ((this.position + phase + S_SIZE) % unit)) % unit;
    this.streamHead(id, 0, 0, pad);
    for (let left = pad; left > 0;) {
      if (this.at === this.#end) this.#nextPiece();
      const some = Math.min(left, this.#end - this.at);
      this.bytes.fill(0, this.at, this.at + some);
      this.at += some;
      left -= some;
    }
  }
}
