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

/** How long the reading of one volume waits for those who write to it: five seconds, and a tenth of the time that it takes. */
export class Patience {
  readonly #begun = performance.now();
  #waited = 0;

  /** False: without waiting, for it has waited enough. */
  wait(milliseconds: number): boolean {
    if (this.#waited + milliseconds > 5000 + (performance.now() - this.#begun) / 10) return false;
    this.#waited += milliseconds;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
    return true;
  }
}

/** Opens a file once nobody has written to it for a moment; if somebody goes on, it counts as changed. */
export function openSettled(open: () => OpenedFile, patience: Patience, forget: () => void = () => undefined): OpenedFile {
  let begun = systemClock.now();
  let opened = open();
  const wait = unsettledFor(opened, begun);
  if (wait > 0n && patience.wait(Math.min(Number(wait / 1_000_000n) + 1, 1000))) {
    opened.streams.close();
    forget();
    begun = systemClock.now();
    opened = open();
  }
  return unsettledFor(opened, begun) > 0n ? { ...opened, changed: () => true } : opened;
}
