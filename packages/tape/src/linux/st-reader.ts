import { TapeStatus, type TapeStatusCode, type TapeTransfer } from '../api/index.js';
import { Errno } from './errno.js';
import { Gmt } from './mtio.js';
import type { StDevice } from './st-device.js';
import type { StProblems } from './st-problems.js';

const WHAT = 'reading';

/** read(2) of st as ReadFile of Windows. */
export class StReader {
  #small = new Uint8Array(0);

  constructor(
    private readonly device: StDevice,
    private readonly problems: StProblems,
  ) {}

  /**
   * One block, whatever its size.
   * @param minimum st refuses reads of less than the smallest block, also where a block fits
   */
  variable(into: Uint8Array, minimum: number, maximum: number, out: TapeTransfer): void {
    if (into.length < minimum && this.#small.length !== minimum) this.#small = new Uint8Array(minimum);
    const memory = into.length < minimum ? this.#small : into.length > maximum ? into.subarray(0, maximum) : into;
    const read = this.device.read(memory);
    if (read < 0) {
      this.#failed(-read, memory, 0, out);
      return;
    }
    const { flags } = this.device.state();
    // Bytes at the end of the data are those of no block: where a transport does not tell how many came, st takes all for read.
    if (read === 0 || (flags & Gmt.EOD) !== 0) {
      out.bytes = 0;
      out.status = this.#mark();
      return;
    }
    if (read === memory.length && (flags & Gmt.EOT) !== 0 && this.problems.isNothing(memory)) {
      out.bytes = 0;
      out.status = TapeStatus.ERROR_NO_DATA_DETECTED;
      return;
    }
    if (read > into.length) throw this.problems.error(WHAT, Errno.ENOMEM, TapeStatus.ERROR_MORE_DATA);
    if (memory === this.#small) into.set(memory.subarray(0, read));
    out.bytes = read;
    out.status = TapeStatus.NO_ERROR;
  }

  /** As many blocks as fit: st answers those before a mark first, and the mark, which it has passed already, with the next read. */
  fixed(into: Uint8Array, blockSize: number, out: TapeTransfer): void {
    if (into.length % blockSize !== 0) throw this.problems.error(WHAT, Errno.EINVAL, TapeStatus.ERROR_INVALID_BLOCK_LENGTH);
    out.status = TapeStatus.NO_ERROR;
    let bytes = 0;
    while (bytes < into.length) {
      const read = this.device.read(into.subarray(bytes));
      if (read < 0) {
        this.#failed(-read, into.subarray(bytes), blockSize, out);
        break;
      }
      if (read === 0) {
        out.status = this.#mark();
        break;
      }
      bytes += read;
    }
    out.bytes = bytes;
  }

  /** What a read of nothing met. */
  #mark(): TapeStatusCode {
    const { flags } = this.device.state();
    if ((flags & Gmt.EOD) !== 0) return TapeStatus.ERROR_NO_DATA_DETECTED;
    if ((flags & Gmt.SM) !== 0) return TapeStatus.ERROR_SETMARK_DETECTED;
    if ((flags & Gmt.EOF) !== 0) return TapeStatus.ERROR_FILEMARK_DETECTED;
    if ((flags & Gmt.EOT) !== 0) return TapeStatus.ERROR_END_OF_MEDIA;
    throw this.problems.error(WHAT, Errno.EIO);
  }

  #failed(errno: number, into: Uint8Array, blockSize: number, out: TapeTransfer): void {
    if (errno === Errno.ENOMEM) throw this.problems.error(WHAT, errno, TapeStatus.ERROR_MORE_DATA);
    if (errno === Errno.EINVAL || errno === Errno.EOVERFLOW) {
      throw this.problems.error(WHAT, errno, TapeStatus.ERROR_INVALID_BLOCK_LENGTH);
    }
    const status = this.problems.explainRead(errno, into, blockSize);
    if (status !== TapeStatus.ERROR_NO_DATA_DETECTED && status !== TapeStatus.ERROR_END_OF_MEDIA) {
      throw this.problems.error(WHAT, errno, status);
    }
    out.bytes = 0;
    out.status = status;
  }
}
