import { FormatError } from '@winback/core';

/** Where a structure is. */
export interface Place {
  readonly struct: string;
  /** Bytes from the start of the volume. */
  readonly offset: number;
}

/** A volume's bytes that are not what NTFS says. */
export function damaged(place: Place, field: string, problem: string, expected?: unknown, actual?: unknown): FormatError {
  return new FormatError('FORMAT_STRUCTURE', problem, { struct: place.struct, field, offset: place.offset, expected, actual });
}
