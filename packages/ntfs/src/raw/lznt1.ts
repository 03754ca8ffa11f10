import { FormatError } from '@winback/core';

const CHUNK = 4096;

/** A copy within a chunk: how the 16 bits of a pair are shared out depends on how much of the chunk is there already. */
const lengthBits = (() => {
  const table = new Uint8Array(CHUNK + 1);
  for (let position = 1; position <= CHUNK; position++) {
    let bits = 12;
    while (bits > 4 && 2 ** (16 - bits) < position) bits--;
    table[position] = bits;
  }
  return table;
})();

/**
 * Decompresses LZNT1 (MS-XCA 2.5) into `output` and fills with zeros what the input does not reach. A chunk ends where the next one
 * begins, whatever it holds; what would go over the end of the output is dropped.
 * @returns how many bytes came from the input
 * @throws FORMAT_STRUCTURE when a chunk refers to what is not there
 */
export function decompressLznt1(input: Uint8Array, output: Uint8Array): number {
  let from = 0;
  let at = 0;
  let reached = 0;
  while (from + 2 <= input.length && at < output.length) {
    const header = input[from]! | (input[from + 1]! << 8);
    if (header === 0) break;
    from += 2;
    const end = Math.min(input.length, from + (header & 0xfff) + 1);
    const limit = Math.min(output.length, at + CHUNK);
    if ((header & 0x8000) === 0) {
      const n = Math.min(end - from, limit - at);
      output.set(input.subarray(from, from + n), at);
      reached = at + n;
    } else reached = decompressChunk(input, from, end, output, at, limit);
    output.fill(0, reached, limit);
    from = end;
    at = limit;
  }
  output.fill(0, at);
  return reached;
}

function decompressChunk(input: Uint8Array, from: number, end: number, output: Uint8Array, start: number, limit: number): number {
  let at = start;
  while (from < end) {
    const flags = input[from++]!;
    for (let bit = 0; bit < 8 && from < end; bit++) {
      if (at >= limit) return at;
      if (((flags >> bit) & 1) === 0) {
        output[at++] = input[from++]!;
        continue;
      }
      if (from + 2 > end) throw bad(from, 'a pair is cut off');
      const pair = input[from]! | (input[from + 1]! << 8);
      const bits = lengthBits[at - start]!;
      const offset = (pair >> bits) + 1;
      if (offset > at - start) throw bad(from, `a pair copies from ${String(offset)} bytes back, before the chunk`);
      const stop = Math.min(limit, at + (pair & ((1 << bits) - 1)) + 3);
      for (let source = at - offset; at < stop; at++, source++) output[at] = output[source]!;
      from += 2;
    }
  }
  return at;
}

const bad = (offset: number, problem: string): FormatError =>
  new FormatError('FORMAT_STRUCTURE', problem, { struct: 'LZNT1 chunk', offset });
