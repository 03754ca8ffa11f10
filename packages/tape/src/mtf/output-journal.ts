/** What an output tells of what it makes, as it is made. */
export interface OutputJournal {
  /** A block's header is whole: where it begins, and its bytes up to its first stream, which are soon others. */
  block(position: number, header: Uint8Array): void;
  /** A stream's header is made: where its data begins. */
  stream(position: number, stream: JournalStream): void;
}

export interface JournalStream {
  /** Its four characters as a number. */
  readonly id: number;
  readonly fsAttributes: number;
  readonly mediaAttributes: number;
  /** The algorithm's number; 0 for none. */
  readonly compression: number;
  /** Bytes of its data. */
  readonly length: number;
}
