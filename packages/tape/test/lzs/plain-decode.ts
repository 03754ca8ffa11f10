/** A decoder of LZS made for nothing but being right: bit by bit, from the tables of RFC 1974. */
export function plainDecode(input: Uint8Array): { bytes: Buffer; ended: boolean } {
  const out: number[] = [];
  let place = 0;
  const cut = (): boolean => place > input.length * 8;
  const bits = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++, place++) {
      value = (value << 1) | ((input[place >> 3] ?? 0) >> (7 - (place & 7))) & 1; // prettier-ignore
    }
    return value;
  };
  const repeat = (offset: number, count: number): void => {
    for (let i = 0; i < count; i++) out.push(out[out.length - offset]!);
  };
  const result = (ended: boolean): { bytes: Buffer; ended: boolean } => ({ bytes: Buffer.from(out), ended });
  for (;;) {
    if (bits(1) === 0) {
      const byte = bits(8);
      if (cut()) return result(false);
      out.push(byte);
      continue;
    }
    const isShort = bits(1) === 1;
    const offset = bits(isShort ? 7 : 11);
    if (cut()) return result(false);
    if (isShort && offset === 0) return result(true);
    if (offset === 0 || offset > out.length) return result(false);
    const first = bits(2);
    const second = first === 3 ? bits(2) : 0;
    if (cut()) return result(false);
    repeat(offset, first < 3 ? 2 + first : 5 + second);
    for (let more = first === 3 && second === 3; more;) {
      const group = bits(4);
      if (cut()) return result(false);
      repeat(offset, group);
      more = group === 15;
    }
  }
}
