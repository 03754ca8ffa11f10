/** Reads bytes of something longer, at a position. */
export type ReadAt = (position: number, buffer: Uint8Array) => void;

/**
 * What was read last of something that is read in small bits, in pieces of one size, the oldest of which goes when there are too many.
 * @typeParam P what is kept of a piece
 */
export class PieceCache<P> {
  readonly #pieces = new Map<number, P>();
  readonly #most: number;
  #last: P | undefined;
  #lastNumber = -1;

  constructor(
    private readonly read: ReadAt,
    /** Bytes of all. */
    private readonly size: number,
    readonly pieceSize: number,
    bytes: number,
    private readonly prepare: (bytes: Uint8Array) => P,
  ) {
    this.#most = Math.max(2, Math.floor(bytes / pieceSize));
  }

  piece(number: number): P {
    if (number === this.#lastNumber && this.#last !== undefined) return this.#last;
    let piece = this.#pieces.get(number);
    if (piece === undefined) {
      const start = number * this.pieceSize;
      const bytes = new Uint8Array(Math.min(this.pieceSize, this.size - start));
      this.read(start, bytes);
      piece = this.prepare(bytes);
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

  /** Forgets the piece round a position, which will be read again. */
  forget(position: number): void {
    this.#pieces.delete(Math.floor(position / this.pieceSize));
    this.#lastNumber = -1;
  }
}
