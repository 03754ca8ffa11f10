import { FLB_SIZE } from './constants.js';
import type { Output } from './output.js';
import { TapeAddress } from './layout/index.js';

/** Shortens text, between characters, to what a block has room for. */
export function shorten(text: string, units: number): string {
  if (text.length <= units) return text;
  const last = text.charCodeAt(units - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? units - 1 : units);
}

/** Puts a UTF-16 string behind the fixed part of the block at `start`, and its address into `field`. */
export function putString(out: Output, start: number, field: number, text: string): void {
  if (text === '') return;
  const bytes = Buffer.from(text, 'utf16le');
  if (out.at - start + bytes.length + 2 > FLB_SIZE) throw new RangeError(`a block has no room for a string of ${bytes.length} bytes`);
  out.view.setUint16(start + field, bytes.length, true);
  out.view.setUint16(start + field + TapeAddress.offsetOf('offset'), out.at - start, true);
  out.bytes.set(bytes, out.at);
  out.at += bytes.length;
  // Not counted in the size. Programs that look at the text alone, file(1) for one, read up to a NUL.
  out.view.setUint16(out.at, 0, true);
  out.at += 2;
}
