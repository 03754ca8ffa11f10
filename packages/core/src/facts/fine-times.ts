import type { ExtendedAttribute } from './file-entry.js';
import { belowFileTime, toFileTime, type FileTimes } from './file-times.js';
import { FineTimes } from './fine-times.layout.js';

const NAME = FineTimes.name;

/** The times of a file to the nanosecond, as an extended attribute; undefined when they lose nothing as FILETIMEs. */
export function encodeFineTimes({ lastWrite, lastAccess = 0n, creation = 0n }: FileTimes): ExtendedAttribute | undefined {
  if ([lastWrite, lastAccess, creation].every((time) => belowFileTime(time) === 0)) return undefined;
  const unsigned = (time: bigint): bigint => BigInt.asUintN(64, time);
  const value = FineTimes.encode({ lastWrite: unsigned(lastWrite), lastAccess: unsigned(lastAccess), creation: unsigned(creation) });
  return { name: NAME, flags: 0, value };
}

/**
 * Takes that attribute out of a list and gives the times back what they had lost. Each counts only while it is still the time that the
 * file has: one that was set since is what it is now.
 */
export function takeFineTimes(
  list: readonly ExtendedAttribute[],
  times: FileTimes,
): { readonly times: FileTimes; readonly others: readonly ExtendedAttribute[] } {
  const value = list.find(({ name }) => name.toUpperCase() === NAME)?.value;
  if (value?.length !== FineTimes.size) return { times, others: list };
  const fine = FineTimes.decode(value);
  const refined = <T extends bigint | undefined>(time: T, unsigned: bigint): T => {
    const exact = BigInt.asIntN(64, unsigned);
    return time !== undefined && toFileTime(exact) === toFileTime(time) ? (exact as T) : time;
  };
  const { lastWrite, lastAccess, creation } = times;
  return {
    times: {
      ...times,
      lastWrite: refined(lastWrite, fine.lastWrite),
      lastAccess: refined(lastAccess, fine.lastAccess),
      creation: refined(creation, fine.creation),
    },
    others: list.filter(({ name }) => name.toUpperCase() !== NAME),
  };
}
