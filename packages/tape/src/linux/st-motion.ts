import { TapePositionMethod as To, TapeStatus, type ValueOf } from '../api/index.js';
import { Errno } from './errno.js';
import { Gmt, MtOp } from './mtio.js';
import type { StDevice } from './st-device.js';
import type { Failure, StProblems } from './st-problems.js';

const WHAT = 'moving the tape';
/** SPACE counts with 24 bits. */
const MOST = 0x7f_ffff;
/** MTSEEK counts with 31. */
const FARTHEST = 0x7fff_ffff;
const S = TapeStatus;

/** SetTapePosition through st. */
export class StMotion {
  constructor(
    private readonly device: StDevice,
    private readonly problems: StProblems,
  ) {}

  /** Makes a partition the current one, from the next request on. @param partition from 1 */
  select(partition: number, count: number): void {
    if (partition > Math.max(1, count)) throw this.problems.error(WHAT, Errno.EINVAL, S.ERROR_DEVICE_NOT_PARTITIONED);
    if (count < 2 || this.device.state().partition === partition - 1) return;
    const errno = this.device.operate(MtOp.SETPART, partition - 1);
    if (errno === Errno.EINVAL) throw this.problems.error(WHAT, errno, S.ERROR_DEVICE_NOT_PARTITIONED);
    this.#check(errno);
  }

  rewind(): void {
    this.#check(this.device.operate(MtOp.REW, 1));
  }

  seek(offset: number): void {
    if (!Number.isInteger(offset) || offset < 0 || offset > FARTHEST) throw this.problems.error(WHAT, Errno.EINVAL);
    const errno = this.device.operate(MtOp.SEEK, offset);
    if (errno !== 0) throw this.problems.error(WHAT, errno, this.problems.explainSeek(errno, offset));
  }

  endOfData(): void {
    this.#check(this.device.operate(MtOp.EOM, 1));
  }

  /** Over blocks, filemarks or setmarks. */
  space(method: ValueOf<typeof To>, count: number): void {
    if (!Number.isSafeInteger(count)) throw this.problems.error(WHAT, Errno.EINVAL);
    if (method === To.SPACE_RELATIVE_BLOCKS) {
      if (count < 0) this.#blocksBack(-count);
      else this.#forward(MtOp.FSR, count);
    } else if (count < 0) this.#marksBack(method === To.SPACE_FILEMARKS ? MtOp.BSF : MtOp.BSS, -count);
    else this.#forward(method === To.SPACE_FILEMARKS ? MtOp.FSF : MtOp.FSS, count);
  }

  #forward(operation: number, count: number): void {
    this.#inSteps(operation, count, (flags) => {
      if ((flags & Gmt.EOD) !== 0) return S.ERROR_NO_DATA_DETECTED;
      if (operation === MtOp.FSR && (flags & Gmt.SM) !== 0) return S.ERROR_SETMARK_DETECTED;
      if (operation === MtOp.FSR && (flags & Gmt.EOF) !== 0) return S.ERROR_FILEMARK_DETECTED;
      return this.problems.explainForward(Errno.EIO);
    });
  }

  /**
   * A mark and the beginning are the same to st when moving back. So the move is not longer than the way to the beginning, where that is known:
   * what stops it then is a mark.
   */
  #blocksBack(count: number): void {
    const here = this.device.position();
    const isTooFar = here !== undefined && count > here;
    this.#inSteps(MtOp.BSR, isTooFar ? here : count, (flags) => {
      if ((flags & Gmt.SM) !== 0) return S.ERROR_SETMARK_DETECTED;
      return here === undefined && (flags & Gmt.BOT) !== 0 ? S.ERROR_BEGINNING_OF_MEDIA : S.ERROR_FILEMARK_DETECTED;
    });
    if (isTooFar) throw this.problems.error(WHAT, Errno.EIO, S.ERROR_BEGINNING_OF_MEDIA);
  }

  /** The beginning is all that keeps a drive from finding marks on the way to it. */
  #marksBack(operation: number, count: number): void {
    this.#inSteps(operation, count, () => {
      const here = this.device.position();
      return here === undefined || here === 0 ? S.ERROR_BEGINNING_OF_MEDIA : undefined;
    });
  }

  #inSteps(operation: number, count: number, met: (flags: number) => Failure | undefined): void {
    for (let left = count; left > 0; left -= MOST) {
      const errno = this.device.operate(operation, Math.min(left, MOST));
      if (errno === 0) continue;
      const { flags } = this.device.state();
      const status = errno === Errno.EIO && (flags & Gmt.ONLINE) !== 0 ? met(flags) : undefined;
      throw this.problems.error(WHAT, errno, status);
    }
  }

  #check(errno: number): void {
    if (errno !== 0) throw this.problems.error(WHAT, errno);
  }
}
