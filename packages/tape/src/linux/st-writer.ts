import { TapeStatus, type TapeTransfer } from '../api/index.js';
import { Errno } from './errno.js';
import { Gmt } from './mtio.js';
import type { StDevice } from './st-device.js';
import type { StProblems } from './st-problems.js';

const WHAT = 'writing';
/** st refuses one write after each one that met the early warning, without sending it. */
const REFUSALS = 2;

/**
 * write(2) of st as WriteFile of Windows. Behind the early warning st fails every second write with ENOSPC before it is sent, which is sent
 * again here; what is left of ENOSPC is the end.
 */
export class StWriter {
  /** Where the next block goes; undefined: not asked; null: the drive does not tell. */
  #next: number | undefined | null;
  /** Whether st would write a filemark of its own when the tape is moved or closed now. */
  #open = false;
  /** Whether a write failed since then: what is left is lost, and was told. */
  #broken = false;

  constructor(
    private readonly device: StDevice,
    private readonly problems: StProblems,
  ) {}

  get isOpen(): boolean {
    return this.#open;
  }

  get isBroken(): boolean {
    return this.#broken;
  }

  /** The tape was moved, or marks were written. */
  moved(): void {
    this.#next = undefined;
    this.#open = false;
    this.#broken = false;
  }

  /** Blocks of the fixed size, or one block where that is 0. */
  write(data: Uint8Array, blockSize: number, out: TapeTransfer): void {
    out.bytes = 0;
    out.status = TapeStatus.NO_ERROR;
    this.#next ??= this.#next === null ? null : (this.device.position() ?? null);
    const blocksOf = (bytes: number): number => (blockSize === 0 ? Number(bytes > 0) : bytes / blockSize);
    for (let refusals = 0; out.bytes < data.length;) {
      const rest = out.bytes === 0 ? data : data.subarray(out.bytes);
      const written = this.device.write(rest);
      this.#open = true;
      if (written > 0) {
        out.bytes += written;
        if (this.#next !== null) this.#next += blocksOf(written);
        refusals = 0;
        if (this.device.is(Gmt.EOT)) out.status = TapeStatus.ERROR_END_OF_MEDIA;
        continue;
      }
      if (written !== -Errno.ENOSPC) throw this.#failed(-written);
      const wasSent = this.device.is(Gmt.EOT);
      const arrived = this.#arrived(blocksOf(rest.length));
      if (arrived > 0) {
        out.bytes += blockSize === 0 ? rest.length : arrived * blockSize;
        out.status = TapeStatus.ERROR_END_OF_MEDIA;
      } else if (wasSent || ++refusals > REFUSALS) {
        out.status = TapeStatus.ERROR_EOM_OVERFLOW;
        return;
      }
    }
  }

  /** Blocks of a failed write that are on the tape all the same, by the drive's own count: st's is wrong with some drives. */
  #arrived(most: number): number {
    const now = this.#next === null ? undefined : this.device.position();
    if (now === undefined || this.#next === null || this.#next === undefined) return 0;
    const arrived = now - this.#next;
    if (arrived <= 0 || arrived > most) return 0;
    this.#next = now;
    return arrived;
  }

  #failed(errno: number) {
    this.#next = undefined;
    const isLength = errno === Errno.EINVAL || errno === Errno.EOVERFLOW || errno === Errno.ENOMEM;
    this.#broken = !isLength;
    return isLength ? this.problems.error(WHAT, errno, TapeStatus.ERROR_INVALID_BLOCK_LENGTH) : this.problems.error(WHAT, errno);
  }
}
