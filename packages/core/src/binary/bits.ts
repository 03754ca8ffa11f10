import { LayoutError } from '../errors/families.js';
import { FieldProblem, type Codec } from './codec.js';

type BitRow = readonly [bit: number, width: number, name: string, doc: string];
type BitFields<R extends readonly BitRow[]> = { -readonly [F in R[number] as F[2]]: bigint };

/**
 * Bit fields with their positions visible, checked for gaps and overlaps as a structure's bytes are.
 * @throws LAYOUT_INVALID at import
 */
export function bits<const R extends readonly BitRow[]>(name: string, base: Codec<number> | Codec<bigint>, rows: R): Codec<BitFields<R>> {
  let end = 0;
  for (const [bit, width, field] of rows) {
    if (bit !== end) throw new LayoutError(`${name}.${field}: bit ${String(bit)}, expected ${String(end)}`);
    end += width;
  }
  if (end !== base.size * 8) throw new LayoutError(`${name}: ${String(end)} bits of ${String(base.size * 8)}`);
  const mask = (width: number): bigint => (1n << BigInt(width)) - 1n;
  return {
    type: name,
    size: base.size,
    zero: Object.fromEntries(rows.map((r) => [r[2], 0n])) as BitFields<R>,
    read(view, at) {
      const raw = BigInt(base.read(view, at));
      return Object.fromEntries(rows.map(([bit, width, field]) => [field, (raw >> BigInt(bit)) & mask(width)])) as BitFields<R>;
    },
    write(view, at, value) {
      let raw = 0n;
      for (const [bit, width, field] of rows) {
        const part = (value as Record<string, bigint>)[field] ?? 0n;
        if (part < 0n || part > mask(width)) {
          const problem = new FieldProblem('FORMAT_RANGE', `does not fit ${String(width)} bits`, at, `0..${String(mask(width))}`, part);
          problem.path.unshift(field);
          throw problem;
        }
        raw |= part << BigInt(bit);
      }
      if (typeof base.zero === 'bigint') (base as Codec<bigint>).write(view, at, raw);
      else (base as Codec<number>).write(view, at, Number(raw));
    },
  };
}
