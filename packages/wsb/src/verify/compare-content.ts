import type { ContentReader, ContentRun } from './content-reader.js';

/** Where two contents first differ, or undefined if they are equal. A hole equals zeros. */
export async function firstDifference(a: ContentReader, b: ContentReader): Promise<number | undefined> {
  let [runA, runB] = [await a.next(), await b.next()];
  let difference: number | undefined;
  const note = (at: number): void => {
    difference ??= at;
  };
  while (runA ?? runB) {
    // Both readers are always read to their ends, so that what follows on the same streams can be read.
    if (difference !== undefined) {
      if (runA) runA = await a.next();
      if (runB) runB = await b.next();
      continue;
    }
    const [first, second] = runA && (!runB || runA.offset <= runB.offset) ? [runA, runB] : [runB, runA];
    if (!first) break;
    const gap = second ? Math.min(first.data.length, second.offset - first.offset) : first.data.length;
    if (gap > 0 || first.data.length === 0) {
      // Bytes that face a hole, or the end, of the other.
      const at = firstNonZero(first.data.subarray(0, gap));
      if (at >= 0) note(first.offset + at);
      const rest = advance(first, gap);
      if (first === runA) runA = rest ?? (await a.next());
      else runB = rest ?? (await b.next());
      continue;
    }
    if (!second) break;
    const length = Math.min(first.data.length, second.data.length);
    if (length === 0) {
      if (second === runA) runA = await a.next();
      else runB = await b.next();
      continue;
    }
    const [left, right] = [first.data.subarray(0, length), second.data.subarray(0, length)];
    if (Buffer.compare(left, right) !== 0) note(first.offset + left.findIndex((byte, i) => byte !== right[i]));
    const [restFirst, restSecond] = [advance(first, length), advance(second, length)];
    const firstIsA = first === runA;
    runA = (firstIsA ? restFirst : restSecond) ?? (await a.next());
    runB = (firstIsA ? restSecond : restFirst) ?? (await b.next());
  }
  return difference;
}

const advance = (run: ContentRun, by: number): ContentRun | undefined =>
  by >= run.data.length ? undefined : { offset: run.offset + by, data: run.data.subarray(by) };

const ZEROS = new Uint8Array(64 * 1024);

function firstNonZero(data: Uint8Array): number {
  for (let at = 0; at < data.length; at += ZEROS.length) {
    const piece = data.subarray(at, at + ZEROS.length);
    if (Buffer.compare(piece, ZEROS.subarray(0, piece.length)) !== 0) return at + piece.findIndex((byte) => byte !== 0);
  }
  return -1;
}
