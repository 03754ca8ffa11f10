import { FormatError } from '@winback/core';

/** Bytes that sets are read from: a file, or what is on a tape. */
export interface ByteSource {
  /** Shown to people. */
  readonly name: string;
  readonly size: number;
  /**
   * Reads at most `length` bytes at `at` to `offset` of `into`; 0 at the end.
   * @throws UnreadableBytes where the medium gives them no more, and those behind can be read; TARGET_IO, TAPE_*
   */
  readAt(into: Uint8Array, offset: number, length: number, at: number): number;
  /** The next place at which something may be; where it is another than `at`, nothing is between them. Absent: there are no gaps. */
  behindGap?(at: number): number;
  close(): void;
}

/** A part of a medium that cannot be read. */
export class UnreadableBytes extends FormatError {
  constructor(
    readonly at: number,
    readonly length: number,
    readonly why: string,
    cause: unknown,
  ) {
    super('FORMAT_SHORT', `${String(length)} bytes cannot be read: ${why}`, { struct: 'the medium', offset: at }, { cause });
  }
}
