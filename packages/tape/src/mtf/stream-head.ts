import { FormatError, xor16 } from '@winback/core';
import { readSize } from './block-head.js';
import { LZS221, MediaAttribute } from './constants.js';
import type { FileWindow } from './file-window.js';
import { StreamHeader } from './layout/index.js';

export interface StreamHead {
  /** Byte in the file where the header stands. */
  readonly at: number;
  readonly id: string;
  readonly fsAttributes: number;
  readonly mediaAttributes: number;
  readonly length: number;
  readonly compressionAlgorithm: number;
}

export const STREAM_HEADER_SIZE = StreamHeader.size;
const FS = StreamHeader.offsetOf('fileSystemAttributes');
const MEDIA = StreamHeader.offsetOf('mediaAttributes');
const LENGTH = StreamHeader.offsetOf('length');
const COMPRESSION = StreamHeader.offsetOf('compressionAlgorithm');
const CHECKSUM = StreamHeader.offsetOf('checksum');

const isIdByte = (b: number): boolean => b >= 0x20 && b < 0x7f;

/** The stream header at byte `at`, or undefined when none with a right checksum stands there. */
export function peekStream(window: FileWindow, at: number): StreamHead | undefined {
  const i = window.fill(at, STREAM_HEADER_SIZE);
  if (i < 0) return undefined;
  const { bytes, view } = window;
  if (!isIdByte(bytes[i] ?? 0) || !isIdByte(bytes[i + 1] ?? 0) || !isIdByte(bytes[i + 2] ?? 0) || !isIdByte(bytes[i + 3] ?? 0))
    return undefined;
  if (xor16(bytes, i, CHECKSUM) !== view.getUint16(i + CHECKSUM, true)) return undefined;
  return {
    at,
    id: bytes.toString('latin1', i, i + 4),
    fsAttributes: view.getUint16(i + FS, true),
    mediaAttributes: view.getUint16(i + MEDIA, true),
    length: readSize(view, i + LENGTH),
    compressionAlgorithm: view.getUint16(i + COMPRESSION, true),
  };
}

/** Why there is no stream header at `at`. */
export function streamProblem(window: FileWindow, at: number): FormatError {
  const i = window.fill(at, STREAM_HEADER_SIZE);
  const struct = StreamHeader.name;
  if (i < 0) {
    const left = window.left(at, STREAM_HEADER_SIZE);
    return new FormatError('FORMAT_SHORT', `the file ends here; a stream header was expected, ${left} bytes are left`, {
      struct,
      offset: at,
      expected: STREAM_HEADER_SIZE,
      actual: left,
    });
  }
  const expected = xor16(window.bytes, i, CHECKSUM);
  const actual = window.view.getUint16(i + CHECKSUM, true);
  const id = window.bytes.toString('latin1', i, i + 4);
  if (expected === actual)
    return new FormatError('FORMAT_MAGIC', `no stream begins here: found ${JSON.stringify(id)}`, {
      struct,
      field: 'id',
      offset: at,
      actual: id,
    });
  return new FormatError(
    'FORMAT_CHECKSUM',
    `this stream header has checksum 0x${expected.toString(16)}, it says 0x${actual.toString(16)}`,
    {
      struct,
      field: 'checksum',
      offset: at + CHECKSUM,
      expected,
      actual,
    },
  );
}

/** A stream that claims more bytes than the file has. */
export function streamTooLong(window: FileWindow, stream: StreamHead): FormatError {
  const left = Math.max(0, window.size - stream.at - STREAM_HEADER_SIZE);
  return new FormatError('FORMAT_SHORT', `${stream.id} claims ${stream.length} bytes, the file has ${left} more`, {
    struct: StreamHeader.name,
    field: 'length',
    offset: stream.at + LENGTH,
    expected: stream.length,
    actual: left,
  });
}

/** Whether its data is a chain of frames that can be read. */
export const isLzs = (stream: StreamHead): boolean =>
  (stream.mediaAttributes & MediaAttribute.COMPRESSED) !== 0 && stream.compressionAlgorithm === LZS221;

/** Where the data of a stream ends; NaN-safe against claims over 2^53. */
export const dataEnd = (stream: StreamHead): number => stream.at + STREAM_HEADER_SIZE + stream.length;
/** Where the header of the next stream stands. */
export const nextStreamAt = (stream: StreamHead): number => Math.ceil(dataEnd(stream) / 4) * 4;
