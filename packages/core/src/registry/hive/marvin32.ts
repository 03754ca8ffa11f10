const SEED_LOW = 0x7a4e_55c5;
const SEED_HIGH = 0x82ef_4d88;

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** Marvin32 with the seed that registry logs use. */
export function marvin32(data: Uint8Array): bigint {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let low = SEED_LOW | 0;
  let high = SEED_HIGH | 0;
  const mix = (value: number): void => {
    low = (low + value) | 0;
    high ^= low;
    low = (rotate(low, 20) + high) | 0;
    high = rotate(high, 9) ^ low;
    low = (rotate(low, 27) + high) | 0;
    high = rotate(high, 19);
  };
  let at = 0;
  for (; at + 4 <= data.length; at += 4) mix(view.getInt32(at, true));
  let last = 0x80;
  for (let i = data.length - 1; i >= at; i--) last = (last << 8) | (data[i] ?? 0);
  mix(last);
  mix(0);
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
