import { constants } from 'node:os';
import { libc } from '../../../ffi/libc.js';
import { Action, ENTRY_COUNT, Field, FIELD_COUNT, Step, type QueueMemory } from './queue-memory.js';

const { EINTR, EIO } = constants.errno;

/** Carries out entries of the queue; the same in whichever thread. */
export class EntryPerformer {
  readonly #libc = libc();
  readonly #ring: Uint8Array;
  readonly #fields: Float64Array;
  readonly #results: Int32Array;
  readonly #times = new Uint8Array(32);
  readonly #timesView = new DataView(this.#times.buffer);

  constructor(memory: QueueMemory) {
    this.#ring = new Uint8Array(memory.ring);
    this.#fields = new Float64Array(memory.fields);
    this.#results = new Int32Array(memory.results);
  }

  /** Carries out the entry with this number, and notes what failed. */
  perform(number: number): void {
    const slot = number % ENTRY_COUNT;
    const at = slot * FIELD_COUNT;
    const actions = this.#field(at, Field.ACTIONS);
    const fd = this.#field(at, Field.FD);
    let step: number = Step.NONE;
    let errno = 0;
    const failed = (where: number, number_: number): void => {
      if (step !== Step.NONE) return;
      step = where;
      errno = number_;
    };
    if ((actions & Action.WRITE) !== 0) {
      const error = this.#write(fd, this.#field(at, Field.DATA), this.#field(at, Field.LENGTH), this.#field(at, Field.POSITION));
      if (error !== 0) failed(Step.WRITE, error);
    }
    if ((actions & Action.FINISH) !== 0) {
      this.#setTime(0, at + Field.ACCESS_SECONDS);
      this.#setTime(16, at + Field.WRITE_SECONDS);
      if (this.#libc.futimens(fd, this.#times) !== 0) failed(Step.TIMES, this.#libc.errno());
      if (this.#libc.close(fd) !== 0) failed(Step.CLOSE, this.#libc.errno());
    }
    this.#results[2 * slot] = step;
    this.#results[2 * slot + 1] = errno;
  }

  #field(at: number, field: number): number {
    return this.#fields[at + field] ?? 0;
  }

  #write(fd: number, data: number, length: number, position: number): number {
    for (let done = 0; done < length;) {
      const written = this.#libc.pwrite(fd, this.#ring.subarray(data + done, data + length), length - done, position + done);
      if (written > 0) done += written;
      else {
        const errno = written < 0 ? this.#libc.errno() : EIO;
        if (errno !== EINTR) return errno;
      }
    }
    return 0;
  }

  #setTime(offset: number, at: number): void {
    this.#timesView.setBigInt64(offset, BigInt(this.#fields[at] ?? 0), true);
    this.#timesView.setBigInt64(offset + 8, BigInt(this.#fields[at + 1] ?? 0), true);
  }
}
