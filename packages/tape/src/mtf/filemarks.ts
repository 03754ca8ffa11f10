import { peekBlock } from './block-head.js';
import { BlockType } from './constants.js';
import type { FileWindow } from './file-window.js';
import { SoftFilemark, SoftFilemarkEntry } from './layout/index.js';
import type { Medium } from './medium.js';

/** In blocks of SQL Server since version 10 the array stands at the offset that this place holds, and this attribute says so. */
const ARRAY_MOVED = 0x8000_0000;

interface Filemark {
  readonly at: number;
  /** Addresses as they stand there, newest first. */
  readonly earlier: readonly number[];
  readonly full: boolean;
  readonly fla: number;
}

function readFilemark(window: FileWindow, at: number, softSize: number): Filemark | undefined {
  const head = peekBlock(window, at);
  if (head?.type !== BlockType.SFMB) return undefined;
  const index = window.fill(at, softSize);
  if (index < 0) return undefined;
  const bytes = window.bytes.subarray(index, index + softSize);
  const mark = SoftFilemark.decode(bytes);
  const moved = (head.attributes & ARRAY_MOVED) !== 0;
  const array = moved ? window.view.getUint32(index + SoftFilemark.size, true) : SoftFilemark.size;
  const room = Math.floor((softSize - array) / SoftFilemarkEntry.size);
  if (mark.used > room || mark.used > mark.entries) return undefined;
  const earlier: number[] = [];
  for (let i = 0; i < mark.used; i++) {
    const high = bytes.readUInt32LE(array + i * 8 + 4);
    earlier.push(high * 0x1_0000_0000 + bytes.readUInt32LE(array + i * 8));
  }
  return { at, earlier, full: mark.used === mark.entries, fla: head.fla };
}

/**
 * The places of all filemarks, oldest first, from the lists that they hold; undefined when the file does not end with a whole
 * filemark, or the lists do not fit what stands there.
 */
export function filemarksFromEnd(window: FileWindow, medium: Medium): number[] | undefined {
  const { softSize } = medium;
  if (softSize === 0 || window.size < softSize) return undefined;
  let mark = readFilemark(window, window.size - softSize, softSize);
  if (!mark || (mark.fla !== 0 && mark.fla * softSize !== mark.at)) return undefined;
  const places = [mark.at];
  const unit = unitOf(window, mark, softSize);
  if (unit === undefined) return undefined;
  for (;;) {
    for (const address of mark.earlier) {
      const place = address * unit;
      if (!(place < (places.at(-1) ?? 0))) return undefined;
      places.push(place);
    }
    const oldest = places.at(-1) ?? 0;
    if (!mark.full || mark.earlier.length === 0) return places.reverse();
    const older = readFilemark(window, oldest, softSize);
    if (!older) return undefined;
    mark = older;
  }
}

/** Addresses count physical blocks, or bytes with SQL Server: what makes the newest one point to a filemark. */
function unitOf(window: FileWindow, mark: Filemark, softSize: number): number | undefined {
  const newest = mark.earlier[0];
  if (newest === undefined) return softSize;
  return [softSize, 512, 1].find((unit) => newest * unit < mark.at && readFilemark(window, newest * unit, softSize) !== undefined);
}
