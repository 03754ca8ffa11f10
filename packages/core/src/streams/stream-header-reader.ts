import { FormatError, type FormatPlace } from '../errors/index.js';
import type { BackupStreamHeader } from './backup-stream.js';
import { SparseBlockOffset, StreamId, Win32StreamHeader, Win32StreamId } from './stream-id.layout.js';

const FIXED = Win32StreamId.size;
/** Bytes of a name: NTFS has 255 characters, with `:` before and `:$DATA` behind. A header that claims far more is damaged. */
const NAME_LIMIT = 0x1_0000;
const USUAL_SIZE = 512;

/**
 * Gathers the header of one backup stream from pieces of any size: WIN32_STREAM_ID, its name and, of a sparse block, the offset that
 * its data begins with. One object reads all headers of a sequence, one after another.
 */
export class StreamHeaderReader {
  #bytes = new Uint8Array(USUAL_SIZE);
  #filled = 0;
  #wanted = FIXED;
  #nameEnd = FIXED;
  #position = 0;
  #header: BackupStreamHeader | undefined;

  /** The header, once all of its bytes were taken. */
  get header(): BackupStreamHeader | undefined {
    return this.#header;
  }

  /** Where in the sequence the header begins. */
  get position(): number {
    return this.#position;
  }

  /** Whether any byte of the header was taken: a sequence may end only where none was. */
  get isBegun(): boolean {
    return this.#filled > 0;
  }

  /** Forgets the header; the next one begins at `position` in the sequence. */
  begin(position: number): void {
    this.#filled = 0;
    this.#wanted = this.#nameEnd = FIXED;
    this.#position = position;
    this.#header = undefined;
  }

  /**
   * Takes the bytes that the header still needs from the beginning of a piece, and says how many.
   * @throws FORMAT_RANGE when the header cannot be true
   */
  take(piece: Uint8Array): number {
    let taken = 0;
    while (!this.#header) {
      const n = Math.min(this.#wanted - this.#filled, piece.length - taken);
      this.#bytes.set(piece.subarray(taken, taken + n), this.#filled);
      this.#filled += n;
      taken += n;
      if (this.#filled < this.#wanted) break;
      if (!this.#wantMore()) this.#header = this.#decode();
    }
    return taken;
  }

  /** What to say of a sequence that ends inside of this header. */
  short(): FormatError {
    const fixedField = Win32StreamId.rows.filter(([offset]) => offset <= this.#filled).at(-1)?.[1];
    const field = this.#filled < FIXED ? fixedField : this.#filled < this.#nameEnd ? 'name' : 'offset';
    return new FormatError('FORMAT_SHORT', `the sequence ends ${this.#wanted - this.#filled} bytes before this header does`, {
      struct: Win32StreamId.name,
      field,
      offset: this.#position + this.#filled,
      expected: this.#wanted,
      actual: this.#filled,
    });
  }

  /** Whether a name or an offset follows the fixed part, which is checked here. */
  #wantMore(): boolean {
    if (this.#wanted > FIXED) return false;
    const { streamId, size, streamNameSize } = Win32StreamId.decode(this.#bytes.subarray(0, FIXED), 0, this.#position);
    if (streamNameSize > NAME_LIMIT) {
      throw this.#wrong('streamNameSize', 'no stream has so long a name', `at most ${NAME_LIMIT}`, streamNameSize);
    }
    if (streamNameSize % 2 !== 0)
      throw this.#wrong('streamNameSize', 'a name of UTF-16 has an even number of bytes', 'even', streamNameSize);
    const isBlock = streamId === StreamId.SPARSE_BLOCK;
    if (isBlock && size < SparseBlockOffset.size) {
      throw this.#wrong('size', 'a sparse block begins with its 64-bit offset', `at least ${SparseBlockOffset.size}`, size);
    }
    this.#nameEnd = FIXED + streamNameSize;
    this.#wanted = this.#nameEnd + (isBlock ? SparseBlockOffset.size : 0);
    if (this.#wanted > this.#bytes.length) {
      const longer = new Uint8Array(this.#wanted);
      longer.set(this.#bytes.subarray(0, FIXED));
      this.#bytes = longer;
    }
    return this.#wanted > FIXED;
  }

  #decode(): BackupStreamHeader {
    const { value, end } = Win32StreamHeader.decode(this.#bytes.subarray(0, this.#wanted), 0, this.#position);
    const { streamId: id, streamAttributes: attributes, size, name } = value;
    const named = name === '' ? {} : { name };
    if (id !== StreamId.SPARSE_BLOCK) return { id, attributes, length: size, ...named };
    const { offset } = SparseBlockOffset.decode(this.#bytes, end);
    const length = size - SparseBlockOffset.size;
    if (offset + BigInt(length) > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw this.#wrong('offset', 'the block ends behind any file', 'an end of at most 2^53-1', offset + BigInt(length), end);
    }
    return { id, attributes, length, ...named, offset: Number(offset) };
  }

  #wrong(field: string, problem: string, expected: unknown, actual: unknown, at?: number): FormatError {
    const offset = this.#position + (at ?? Win32StreamId.rows.find(([, name]) => name === field)?.[0] ?? 0);
    return new FormatError('FORMAT_RANGE', problem, { struct: Win32StreamId.name, field, offset, expected, actual });
  }
}

/** What to say of a sequence that ends inside of a stream's data, at `position`. */
export function endsInData(header: BackupStreamHeader, missing: number, position: number): FormatError {
  const where: FormatPlace = {
    struct: Win32StreamId.name,
    field: 'size',
    offset: position,
    expected: header.length,
    actual: header.length - missing,
  };
  return new FormatError('FORMAT_SHORT', `the sequence ends ${missing} bytes before the data that this stream claims`, where);
}
