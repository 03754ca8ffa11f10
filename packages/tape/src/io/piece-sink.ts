/**
 * Takes pieces of PIECE_SIZE bytes in order, from memory of its own that its user fills. Synchronous: its user waits where it cannot
 * keep up.
 */
export interface PieceSink {
  readonly memory: ArrayBufferLike;
  /** Where in the memory the piece begins that is to be filled. */
  readonly start: number;
  /** Hands over the first `length` bytes of the current piece. @throws when this or an earlier piece could not be written */
  submit(length: number, position: number): void;
  /** Waits until everything handed over is written. */
  drain(): void;
  /** Resolves once flushes to the disk that were begun meanwhile have ended. Undefined where there are none. */
  syncs(): Promise<void> | undefined;
  /** No more is coming. */
  close(): void;
  /** Gives up what is not written yet. Once it returns nothing more is. */
  discard(): void;
}
