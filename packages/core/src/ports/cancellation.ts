import { InterruptedError } from '../errors/index.js';

/** Asked between files and between pieces of a file. Cheap enough for every call. */
export interface Cancellation {
  /** @throws INTERRUPTED once the user has stopped the job */
  check(): void;
}

export const neverCancelled: Cancellation = { check: () => undefined };

/** A switch that works across worker threads: a flag in shared memory. */
export class CancellationSwitch implements Cancellation {
  readonly #flag: Int32Array;
  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.#flag = new Int32Array(memory);
  }
  cancel(): void {
    Atomics.store(this.#flag, 0, 1);
  }
  get cancelled(): boolean {
    return Atomics.load(this.#flag, 0) !== 0;
  }
  check(): void {
    if (this.cancelled) throw new InterruptedError('stopped by the user');
  }
}
