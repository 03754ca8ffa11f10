/** Bytes of a segment of a stream without holes, as Winback writes them, and of what stands in front of them. */
export const SEGMENT = 65_536;
export const SEGMENT_HEAD = 48;
/** Segments that are decrypted together. */
export const BATCH = 16;

/** A stream whose segments are all alike, one behind the other. */
export interface Stretch {
  readonly input: string;
  readonly output: string;
  /** Where the first segment begins in the file. */
  readonly at: number;
  /** Whole segments. */
  readonly segments: number;
  readonly key: Uint8Array;
  readonly algorithm: number;
}

/** Words of the memory that threads share: the next batch that nobody has taken, whether all are to stop, batches that are done. */
export const Shared = { NEXT: 0, STOP: 1, DONE: 2, WORDS: 3 } as const;

const START = 0x10;

/** Headers of a segment without holes, with all of its data, of the stream's first byte. */
const REGULAR = (() => {
  const head = new Uint8Array(SEGMENT_HEAD);
  const view = new DataView(head.buffer);
  view.setUint32(0, SEGMENT_HEAD + SEGMENT, true);
  head.set(Buffer.from('G\0U\0R\0E\0', 'latin1'), 4);
  view.setUint32(0x18, SEGMENT_HEAD - START, true);
  view.setUint32(0x1c, SEGMENT, true);
  view.setUint32(0x20, SEGMENT, true);
  head.set([16, 16, 12, 1, 1, 0], 0x26);
  view.setUint32(0x2c, SEGMENT, true);
  return head;
})();

/** Whether the headers at a place are those of a stream's segment of this number, as {@link REGULAR} has them but for where it belongs. */
export function isRegularHead(heads: Uint8Array, base: number, segment: number): boolean {
  const view = new DataView(heads.buffer, heads.byteOffset);
  if (view.getBigUint64(base + START, true) !== BigInt(segment) * BigInt(SEGMENT)) return false;
  for (let at = 0; at < SEGMENT_HEAD; at++) if ((at < START || at >= START + 8) && heads[base + at] !== REGULAR[at]) return false;
  return true;
}
