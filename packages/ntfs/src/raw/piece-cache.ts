/** Reads bytes of something longer, at a position. */
export type ReadAt = (position: number, buffer: Uint8Array) => void;

/**
 * What was read last of something that is read in small bits, in pieces of one size, the oldest of which goes when there are too many.
 */
export class PieceCache {
  readonly #pieces = new Map<number, Uint8Array>();
  readonly #most: number;
  #last: Uint8Array | undefined;
  #lastNumber = -1;

  constructor(
    private readonly read: ReadAt,
    private readonly size: number,
    private readonly pieceSize: number,
    bytes: number,
  ) {
    this.#most = Math.max(2, Math.floor(bytes / pieceSize));
  }

  /** Copies bytes that lie within `size`. */
  copyTo(position: number, buffer: Uint8Array): void {
    for (let done = 0; done < buffer.length;) {
      const at = position + done;
      const piece = this.#piece(Math.floor(at / this.pieceSize));
      const from = at % this.pieceSize;
      const n = Math.min(piece.length - from, buffer.length - done);
      buffer.set(piece.subarray(from, from + n), done);
      done += n;
    }
  }

  /** Forgets the piece round a position, which will be read again. */
  forget(position: number): void {
    this.#pieces.delete(Math.floor(position / this.pieceSize));
    this.#lastNumber = -1;
  }

  #piece(number: number): Uint8Array {
    if (number === this.#lastNumber && this.#last) return this.#last;
    let piece = this.#pieces.get(number);
    if (!piece) {
      const start = number * this.pieceSize;
      piece = new Uint8Array(Math.min(this.pieceSize, this.size - start));
      this.read(start, piece);
      if (this.#pieces.size >= this.#most) {
        for (const oldest of this.#pieces.keys()) {
          this.#pieces.delete(oldest);
          break;
        }
      }
      this.#pieces.set(number, piece);
    }
    this.#last = piece;
    this.#lastNumber = number;
    return piece;
  }
}
