import { FormatError, xor16 } from '@winback/core';
import type { FileWindow } from './file-window.js';
import { BlockHeader, TapeAddress } from './layout/index.js';

/** What all blocks begin with, as far as reading needs it. */
export interface BlockHead {
  /** Byte in the file. */
  readonly at: number;
  readonly type: string;
  readonly attributes: number;
  /** Bytes from `at` to the first stream. */
  readonly offsetToFirstEvent: number;
  readonly osId: number;
  readonly osVersion: number;
  readonly displayableSize: number;
  readonly fla: number;
  readonly controlBlockId: number;
  readonly stringType: number;
}

const size = BlockHeader.size;
const ATTRIBUTES = BlockHeader.offsetOf('attributes');
const FIRST_EVENT = BlockHeader.offsetOf('offsetToFirstEvent');
const OS_ID = BlockHeader.offsetOf('osId');
const OS_VERSION = BlockHeader.offsetOf('osVersion');
const DISPLAYABLE = BlockHeader.offsetOf('displayableSize');
const FLA = BlockHeader.offsetOf('fla');
const CONTROL = BlockHeader.offsetOf('controlBlockId');
const STRING_TYPE = BlockHeader.offsetOf('stringType');
const CHECKSUM = BlockHeader.offsetOf('checksum');
const OS_DATA = BlockHeader.offsetOf('osSpecificData');

/** The largest format logical block: no block header and its strings can be longer. */
const MAX_BLOCK = 1024;

const TWO_32 = 0x1_0000_0000;
export const readSize = (view: DataView, at: number): number => view.getUint32(at + 4, true) * TWO_32 + view.getUint32(at, true);

const isTypeByte = (b: number): boolean => (b >= 0x41 && b <= 0x5a) || (b >= 0x30 && b <= 0x39);

/** Whether a block header with the right checksum stands at `index` of the window. */
function looksRight(bytes: Uint8Array, view: DataView, index: number): boolean {
  for (let i = 0; i < 4; i++) if (!isTypeByte(bytes[index + i] ?? 0)) return false;
  return xor16(bytes, index, CHECKSUM) === view.getUint16(index + CHECKSUM, true);
}

/** The block header at byte `at`, or undefined when none with a right checksum stands there. */
export function peekBlock(window: FileWindow, at: number): BlockHead | undefined {
  const i = window.fill(at, size);
  if (i < 0 || !looksRight(window.bytes, window.view, i)) return undefined;
  const { view, bytes } = window;
  return {
    at,
    type: bytes.toString('latin1', i, i + 4),
    attributes: view.getUint32(i + ATTRIBUTES, true),
    offsetToFirstEvent: view.getUint16(i + FIRST_EVENT, true),
    osId: view.getUint8(i + OS_ID),
    osVersion: view.getUint8(i + OS_VERSION),
    displayableSize: readSize(view, i + DISPLAYABLE),
    fla: readSize(view, i + FLA),
    controlBlockId: view.getUint32(i + CONTROL, true),
    stringType: view.getUint8(i + STRING_TYPE),
  };
}

/** Why there is no block at `at`. */
export function blockProblem(window: FileWindow, at: number): FormatError {
  const i = window.fill(at, size);
  const struct = BlockHeader.name;
  if (i < 0) {
    const left = window.left(at, size);
    return new FormatError('FORMAT_SHORT', `the file ends here; a block of ${size} bytes was expected, ${left} are left`, {
      struct,
      offset: at,
      expected: size,
      actual: left,
    });
  }
  const type = window.bytes.toString('latin1', i, i + 4);
  for (const c of window.bytes.subarray(i, i + 4)) {
    if (!isTypeByte(c))
      return new FormatError('FORMAT_MAGIC', `no block begins here: found ${JSON.stringify(type)}`, {
        struct,
        field: 'type',
        offset: at,
        expected: 'a block type',
        actual: type,
      });
  }
  const expected = xor16(window.bytes, i, CHECKSUM);
  const actual = window.view.getUint16(i + CHECKSUM, true);
  return new FormatError(
    'FORMAT_CHECKSUM',
    `the header of this ${type} has checksum 0x${expected.toString(16)}, it says 0x${actual.toString(16)}`,
    {
      struct,
      field: 'checksum',
      offset: at + CHECKSUM,
      expected,
      actual,
    },
  );
}

/** The bytes of a block up to its first stream, in the window until its next move; undefined when they are not all there. */
export function blockBody(window: FileWindow, head: BlockHead, fixed: number): { bytes: Buffer; view: DataView } | undefined {
  const length = Math.min(Math.max(head.offsetToFirstEvent, size), MAX_BLOCK);
  if (length < fixed) return undefined;
  const i = window.fill(head.at, length);
  if (i < 0) return undefined;
  const bytes = window.bytes.subarray(i, i + length);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, length) };
}

/** What an MTF_TAPE_ADDRESS at `field` of a block points to; empty when it points outside. */
export function addressed(bytes: Buffer, view: DataView, field: number): Buffer {
  const length = view.getUint16(field + TapeAddress.offsetOf('length'), true);
  const offset = view.getUint16(field + TapeAddress.offsetOf('offset'), true);
  return offset + length <= bytes.length ? bytes.subarray(offset, offset + length) : bytes.subarray(0, 0);
}

export const osData = (bytes: Buffer, view: DataView): Buffer => addressed(bytes, view, OS_DATA);

/** A string of a block as text: NULs at the end, which some writers count, are no part of it. */
export function textOf(raw: Buffer, stringType: number): string {
  return decodeText(raw, stringType).replace(/\0+$/, '');
}

/** ANSI strings are read as Windows-1252's common part, Latin-1: the format does not say which code page it was. */
export const decodeText = (raw: Buffer, stringType: number): string =>
  stringType === 1 ? raw.toString('latin1') : raw.toString('utf16le', 0, raw.length & ~1);
