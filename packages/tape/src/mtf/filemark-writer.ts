import { FLB_SIZE } from './constants.js';
import { SoftFilemark, SoftFilemarkEntry } from './layout/index.js';
import type { Output } from './output.js';
import { templates } from './templates.js';

/** Addresses that fit a soft filemark: of more only the newest are listed; the older stand in the older filemarks. */
const FILEMARK_ENTRIES = Math.floor((FLB_SIZE - SoftFilemark.size) / SoftFilemarkEntry.size);

/** Writes a soft filemark and adds it to `marks`, the places of all earlier ones, oldest first. */
export function writeFilemark(out: Output, marks: number[]): void {
  const used = Math.min(FILEMARK_ENTRIES, marks.length);
  const { header } = templates.filemark;
  const position = out.position;
  const start = out.block(
    SoftFilemark.encode({
      header: { ...header, offsetToFirstEvent: FLB_SIZE, fla: position / FLB_SIZE, controlBlockId: marks.length + 1 },
      entries: FILEMARK_ENTRIES,
      used,
    }),
  );
  for (let i = 1; i <= used; i++, out.at += SoftFilemarkEntry.size) {
    SoftFilemarkEntry.encodeInto(out.bytes, out.at, { address: (marks[marks.length - i] ?? 0) / FLB_SIZE });
  }
  out.bytes.fill(0, out.at, start + FLB_SIZE);
  out.at = start + FLB_SIZE;
  out.sealBlock(start);
  marks.push(position);
}
