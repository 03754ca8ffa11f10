/** The update sequence counts strides of this size, whatever the sectors are. */
export const STRIDE = 512;

/**
 * Undoes the update sequence of a FILE record or INDX block in place: the last two bytes of each stride hold a number that shows whether
 * all strides were written together, and what belongs there stands in an array.
 * @returns what is wrong, or undefined
 */
export function undoFixups(view: DataView, at: number, size: number): string | undefined {
  const offset = view.getUint16(at + 4, true);
  const count = view.getUint16(at + 6, true);
  const strides = size / STRIDE;
  if (count !== strides + 1) return `the update sequence has ${String(count)} words for ${String(strides)} strides`;
  if (offset < 8 || offset % 2 !== 0 || offset + count * 2 > size) return 'the update sequence lies outside';
  const number = view.getUint16(at + offset, true);
  let torn = 0;
  for (let i = 1; i <= strides; i++) {
    const end = at + i * STRIDE - 2;
    if (view.getUint16(end, true) === number) view.setUint16(end, view.getUint16(at + offset + i * 2, true), true);
    else torn++;
  }
  return torn === 0 ? undefined : `${String(torn)} of ${String(strides)} strides were not written with the others`;
}
