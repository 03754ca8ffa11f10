import { FineTimes } from './facts/fine-times.layout.js';
import type { Row, Struct } from './binary/index.js';
import { FileFullEaInformation, LxAttrB, LxXattrEntry, LxXattrHeader, XattrPiece } from './facts/extended-attributes.layout.js';
import { ReparseDataBuffer, SymbolicLinkReparse } from './facts/reparse.layout.js';
import { LinuxDirent64, Statx, StatxTimestamp } from './ffi/linux.layout.js';
import { SparseBlockOffset, Win32StreamId } from './streams/stream-id.layout.js';

/** What documentation and property tests need of a structure, whatever its fields. */
export type AnyStruct = Pick<Struct<unknown>, 'name' | 'spec' | 'size' | 'decode'> & {
  readonly rows: readonly Row[];
  encode(value: never): Uint8Array;
};

/** Every structure table of this package. */
export const layouts: readonly AnyStruct[] = [
  Win32StreamId,
  SparseBlockOffset,
  FileFullEaInformation,
  LxXattrHeader,
  LxXattrEntry,
  LxAttrB,
  XattrPiece,
  FineTimes,
  ReparseDataBuffer,
  SymbolicLinkReparse,
  StatxTimestamp,
  Statx,
  LinuxDirent64,
];
