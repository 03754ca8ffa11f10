/** Bytes that sets are read from: a file, or what is on a tape. */
export interface ByteSource {
  /** Shown to people. */
  readonly name: string;
  readonly size: number;
  /** Reads at most `length` bytes at `at` to `offset` of `into`; 0 at the end. @throws TARGET_IO, TAPE_* */
  readAt(into: Uint8Array, offset: number, length: number, at: number): number;
  close(): void;
}
