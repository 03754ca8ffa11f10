import { systemClock, type OpenedFile } from '@winback/core';

/** What was written so shortly before it was read may be the first part of more: the system hands long writes to ntfs-3g in small pieces. */
const RECENTLY = 100_000_000n;
/** A time further ahead is not that of a write just now. */
const AHEAD = 2_000_000_000n;

/** How much longer a file that changed at `change` may still be in the hands of whom did that, in nanoseconds. */
function unsettledFor({ entry }: OpenedFile, begun: bigint): bigint {
  const { change } = entry.times;
  if (entry.kind !== 'file' || change === undefined || change > begun + AHEAD) return 0n;
  return change + RECENTLY - begun;
}

/** Opens a file once nobody has written to it for a moment; if somebody goes on, it counts as changed. */
export function openSettled(open: () => OpenedFile, forget: () => void = () => undefined): OpenedFile {
  let begun = systemClock.now();
  let opened = open();
  const wait = unsettledFor(opened, begun);
  if (wait > 0n) {
    opened.streams.close();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(Number((wait + 1_000_000n) / 1_000_000n), 1000));
    forget();
    begun = systemClock.now();
    opened = open();
  }
  return unsettledFor(opened, begun) > 0n ? { ...opened, changed: () => true } : opened;
}
