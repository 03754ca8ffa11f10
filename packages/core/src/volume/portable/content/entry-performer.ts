import { constants } from 'node:os';
import { libc } from '../../../ffi/libc.js';
import { DIRECT_ALIGNMENT } from '../../../io/aligned-memory.js';
import { closeDirect, openDirect } from '../../../io/direct-file.js';
import { Action, DIRECT_FROM, ENTRY_COUNT, Field, FIELD_COUNT, Step, type QueueMemory } from './queue-memory.js';

const { EINTR, EINVAL, EIO } = constants.errno;

/** Carries out entries of the queue; the same in whichever thread. */
export class EntryPerformer {
  readonly #libc = libc();
  readonly #ring: Uint8Array;
  readonly #fields: Float64Array;
  readonly #results: Int32Array;
  readonly #times = new Uint8Array(32);
  readonly #timesView = new DataView(this.#times.buffer);
  #writesDirectly = true;

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
    const isDirect = position >= DIRECT_FROM && ((position % DIRECT_ALIGNMENT) | data | length) % DIRECT_ALIGNMENT === 0;
    // Opened once more for each: for so many bytes that costs nothing, and nobody has to remember which file is open.
    const direct = isDirect && this.#writesDirectly ? openDirect(fd) : undefined;
    try {
      return this.#writeAll(fd, direct, data, length, position);
    } finally {
      closeDirect(direct);
    }
  }

  #writeAll(fd: number, direct: number | undefined, data: number, length: number, position: number): number {
    for (let done = 0; done < length;) {
      // What a direct write leaves, as on a disk that is full, is no whole page.
      const to = done === 0 && direct !== undefined && this.#writesDirectly ? direct : fd;
      const written = this.#libc.pwrite(to, this.#ring.subarray(data + done, data + length), length - done, position + done);
      if (written > 0) done += written;
      else {
        const errno = written < 0 ? this.#libc.errno() : EIO;
        if (errno === EINVAL && to !== fd) this.#writesDirectly = false;
        else if (errno !== EINTR) return errno;
      }
    }
    return 0;
  }

  #setTime(offset: number, at: number): void {
    this.#timesView.setBigInt64(offset, BigInt(this.#fields[at] ?? 0), true);
    this.#timesView.setBigInt64(offset + 8, BigInt(this.#fields[at + 1] ?? 0), true);
  }
}
