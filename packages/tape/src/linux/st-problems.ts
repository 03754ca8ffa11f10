import { isWinbackError, type TapeError } from '@winback/core/base';
import { tapeError, TapeStatus, type TapeStatusCode } from '../api/index.js';
import { cdb } from '../scsi/cdb.js';
import { SenseKey, SpaceCode, Timeout } from '../scsi/constants.js';
import type { ScsiAnswer, ScsiDevice } from '../scsi/scsi-device.js';
import { Errno, errnoStatus, nameOfErrno } from './errno.js';
import type { StCalls } from './ffi/st-calls.js';
import { Gmt, MtOp } from './mtio.js';
import type { StDevice } from './st-device.js';

export type Failure = Exclude<TapeStatusCode, 0>;
const S = TapeStatus;

/** Finds out what st's EIO means: it keeps the drive's own words to itself. */
export class StProblems {
  constructor(
    private readonly device: StDevice,
    private readonly scsi: ScsiDevice | undefined,
    private readonly calls: StCalls,
    private readonly node: string,
  ) {}

  error(what: string, errno: number, status: Failure = this.explain(errno)): TapeError {
    return tapeError(status, this.device.name, what, { errno: nameOfErrno(errno) });
  }

  /** What an error of any call means, without moving the tape. */
  explain(errno: number): Failure {
    const told = errnoStatus(errno);
    if (told === S.ERROR_NO_MEDIA_IN_DRIVE) return this.#cartridge();
    if (told !== undefined) return told;
    const { flags } = this.device.state();
    if ((flags & Gmt.ONLINE) === 0) return this.#cartridge();
    if ((flags & Gmt.EOD) !== 0) return S.ERROR_NO_DATA_DETECTED;
    if ((flags & Gmt.EOT) !== 0) return S.ERROR_END_OF_MEDIA;
    if (this.calls.readText(`/sys/class/scsi_tape/${this.node}/position_lost_in_reset`)?.trim() === '1') return S.ERROR_BUS_RESET;
    const asked = this.#ask(cdb.testUnitReady());
    if (asked !== undefined && asked.status !== S.NO_ERROR) return asked.status;
    return (flags & Gmt.CLN) !== 0 ? S.ERROR_DEVICE_REQUIRES_CLEANING : S.ERROR_IO_DEVICE;
  }

  /**
   * Whether the drive can take commands. A drive that had no cartridge is looked at again; one that has a cartridge then says first that it
   * is another one, as Windows does.
   */
  status(): TapeStatusCode {
    if ((this.device.state().flags & Gmt.ONLINE) === 0) return this.#cartridge();
    return this.#ask(cdb.testUnitReady())?.status ?? S.NO_ERROR;
  }

  /** Why a read failed, where st does not know it: tapes that nothing was written to, bad places, blocks of another size. */
  explainRead(errno: number, into: Uint8Array, blockSize: number): Failure {
    const status = this.explain(errno);
    if (status !== S.ERROR_IO_DEVICE || errno !== Errno.EIO) return status;
    const isFixed = blockSize > 0;
    const answer = this.#ask(cdb.read6(isFixed, isFixed ? 1 : into.length), new Uint8Array(isFixed ? blockSize : into.length));
    if (answer === undefined) return this.#isEndOfData() ? S.ERROR_NO_DATA_DETECTED : status;
    const { status: again, sense } = answer;
    if (again === S.NO_ERROR) this.#ask(cdb.space(SpaceCode.BLOCKS, -1));
    if (again === S.NO_ERROR || sense?.incorrectLength === true) return isFixed ? S.ERROR_INVALID_BLOCK_LENGTH : status;
    return again;
  }

  /** Why a block was not found: the end of the data is before it, or something else. */
  explainSeek(errno: number, target: number): Failure {
    const status = this.explain(errno);
    const position = this.device.position();
    if (status !== S.ERROR_IO_DEVICE || errno !== Errno.EIO || position === undefined || position >= target) return status;
    const answer = this.#ask(cdb.space(SpaceCode.BLOCKS, 1));
    if (answer === undefined) return this.#isEndOfData() ? S.ERROR_NO_DATA_DETECTED : status;
    if (answer.sense?.key === SenseKey.BLANK_CHECK) return S.ERROR_NO_DATA_DETECTED;
    this.device.operate(MtOp.SEEK, position);
    return status;
  }

  /**
   * Why the tape did not move forward, where st does not know it. There are drives that say END-OF-DATA DETECTED without BLANK CHECK, which
   * alone st knows: they are asked for the next block, and go back where there is one.
   */
  explainForward(errno: number): Failure {
    const status = this.explain(errno);
    if (status !== S.ERROR_IO_DEVICE || errno !== Errno.EIO) return status;
    const asked = this.#ask(cdb.space(SpaceCode.BLOCKS, 1))?.status;
    if (asked === S.ERROR_NO_DATA_DETECTED) return asked;
    if (asked === S.NO_ERROR || asked === S.ERROR_FILEMARK_DETECTED) this.#ask(cdb.space(SpaceCode.BLOCKS, -1));
    return status;
  }

  /**
   * Whether a block that ends the medium is none: st takes all for read where a drive says BLANK CHECK with EOM, and not how many bytes are missing. Then
   * the end of the data is here, and the block before it is another one. Of drives that tell their position no such thing is known.
   */
  isNothing(read: Uint8Array): boolean {
    if (this.device.position() !== undefined) return false;
    const memory = new Uint8Array(read.length);
    const next = this.#ask(cdb.read6(false, read.length), memory);
    if (next?.status !== S.ERROR_NO_DATA_DETECTED) {
      if (next?.status === S.NO_ERROR || next?.sense?.incorrectLength === true || next?.sense?.filemark === true)
        this.#ask(cdb.space(SpaceCode.BLOCKS, -1));
      return false;
    }
    const back = this.#ask(cdb.space(SpaceCode.BLOCKS, -1))?.status;
    if (back === S.ERROR_FILEMARK_DETECTED) this.#ask(cdb.space(SpaceCode.FILEMARKS, 1));
    if (back !== S.NO_ERROR) return true;
    return this.#ask(cdb.read6(false, read.length), memory)?.status !== S.NO_ERROR || Buffer.compare(memory, read) !== 0;
  }

  /** Without SG_IO: whether the way to the end of the data leads nowhere. */
  #isEndOfData(): boolean {
    const here = this.device.position();
    if (here === undefined || this.device.operate(MtOp.EOM, 1) !== 0) return false;
    if (this.device.position() === here) return true;
    this.device.operate(MtOp.SEEK, here);
    return false;
  }

  #cartridge(): Failure {
    const answer = this.#ask(cdb.testUnitReady());
    if (answer !== undefined && answer.status !== S.NO_ERROR) return answer.status;
    this.device.reopen();
    const { flags } = this.device.state();
    if ((flags & Gmt.ONLINE) !== 0) return S.ERROR_MEDIA_CHANGED;
    return (flags & Gmt.DR_OPEN) !== 0 ? S.ERROR_NO_MEDIA_IN_DRIVE : S.ERROR_NOT_READY;
  }

  /** Undefined where SG_IO is not allowed, or fails. */
  #ask(command: Uint8Array, into?: Uint8Array): ScsiAnswer | undefined {
    try {
      return this.scsi?.attempt(command, into === undefined ? 'none' : 'read', into, Timeout.TRANSFER);
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      return undefined;
    }
  }
}
