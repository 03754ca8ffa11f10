import type { ErrorCode } from '../errors/codes.js';

/**
 * How one field's bytes become a value and back. Fixed size, no state, no I/O. Unknown enum values and flag bits pass through;
 * reserved bytes are kept. A codec that meets a wrong value throws a {@link FieldProblem}; the structure adds the place.
 */
export interface Codec<T> {
  /** As the documentation shows it. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  readonly zero: T;
  read(view: DataView, at: number): T;
  write(view: DataView, at: number, value: T): void;
}

// Heterogeneous tables need a codec of "some" value; `any` is confined to this folder.
export type AnyCodec = Codec<any>;
export type ValueOf<C> = C extends Codec<infer T> ? T : never;

/** A wrong value met by a codec that does not know where it stands. */
export class FieldProblem extends Error {
  /** Field names from the outermost structure inwards. */
  readonly path: string[] = [];
  constructor(
    readonly code: Extract<ErrorCode, `FORMAT_${string}`>,
    message: string,
    readonly at: number,
    readonly expected?: unknown,
    readonly actual?: unknown,
  ) {
    super(message);
  }
}
