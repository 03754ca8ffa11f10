import {
  FeaturesHigh as High,
  FeaturesLow as Low,
  TapeErase,
  TapemarkType,
  TapePartitionMethod,
  TapePositionMethod as To,
  TapePositionType,
  TapePrepare,
  TapeStatus,
  type TapeDrive,
  type TapeDriveParameters,
  type TapeDriveSettings,
  type TapeMediaParameters,
  type TapePosition,
  type TapeStatusCode,
  type TapeTransfer,
  type ValueOf,
} from '../api/index.js';
import { readCapacity } from '../scsi/capacity.js';
import { ModePage } from '../scsi/constants.js';
import { findModePage } from '../scsi/mode.js';
import { readPartitions } from '../scsi/partitions.js';
import type { DriveAbilities } from '../scsi/abilities.js';
import { Errno } from './errno.js';
import { Gmt, MtOp } from './mtio.js';
import { readStAbilities } from './st-abilities.js';
import type { OpenSt } from './open-st.js';
import { StMotion } from './st-motion.js';
import type { Failure } from './st-problems.js';
import { StReader } from './st-reader.js';
import { StWriter } from './st-writer.js';

const DEFAULT_BLOCK_SIZE = 0x1_0000;
const MOST_MARKS = 0x7f_ffff;
const S = TapeStatus;

/** A drive of Linux' st. */
export class LinuxTapeDrive implements TapeDrive {
  readonly #motion: StMotion;
  readonly #reader: StReader;
  readonly #writer: StWriter;
  readonly #transfer: TapeTransfer = { bytes: 0, status: S.NO_ERROR };
  #abilities: DriveAbilities | undefined;
  #blockSize: number | undefined;
  #isClosed = false;

  constructor(
    readonly name: string,
    private readonly st: OpenSt,
    private readonly mode: 'read' | 'write',
  ) {
    this.#motion = new StMotion(st.device, st.problems);
    this.#reader = new StReader(st.device, st.problems);
    this.#writer = new StWriter(st.device, st.problems);
    st.onAttention(() => this.#forget());
  }

  /** Writes no filemark, which st does by itself when the last thing was a block. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.#settle();
    } finally {
      this.st.close();
    }
  }

  getDriveParameters(): TapeDriveParameters {
    const { formats: _, ...abilities } = this.#can();
    const { scsi } = this.st;
    const page = (code: number, at: number): number => (scsi && findModePage(scsi, code, at + 1)?.[at]) ?? 0;
    return {
      ...abilities,
      ecc: false,
      compression: (abilities.featuresLow & Low.COMPRESSION) !== 0 && (page(ModePage.COMPRESSION, 2) & 0x80) !== 0,
      dataPadding: false,
      reportSetmarks: (abilities.featuresLow & Low.REPORT_SMKS) !== 0 && (page(ModePage.CONFIGURATION, 8) & 0x20) !== 0,
      defaultBlockSize: Math.min(DEFAULT_BLOCK_SIZE, abilities.maximumBlockSize),
      eotWarningZoneSize: 0,
    };
  }

  getMediaParameters(): TapeMediaParameters {
    const { flags, partition, blockSize } = this.st.device.state();
    if ((flags & Gmt.ONLINE) === 0) this.#refuseUnready('reading the parameters of the cartridge');
    this.#blockSize = blockSize;
    const { scsi } = this.st;
    const known = scsi && (this.#can().featuresLow & Low.TAPE_CAPACITY) !== 0 ? readCapacity(scsi, partition) : undefined;
    return {
      capacity: known?.capacity ?? 0,
      remaining: known?.remaining ?? 0,
      blockSize,
      partitionCount: this.#partitionCount(),
      writeProtected: (flags & Gmt.WR_PROT) !== 0,
    };
  }

  setDriveParameters(settings: TapeDriveSettings): void {
    const what = 'setting the drive';
    const { compression, ...others } = settings;
    const now = this.getDriveParameters();
    const differs = (name: keyof typeof others): boolean => others[name] !== undefined && others[name] !== now[name];
    if ((['ecc', 'dataPadding', 'reportSetmarks', 'eotWarningZoneSize'] as const).some(differs)) throw this.#unsupported(what);
    if (compression === undefined || compression === now.compression) return;
    if ((now.featuresHigh & High.SET_COMPRESSION) === 0) throw this.#unsupported(what);
    this.#operate(what, MtOp.COMPRESSION, Number(compression));
  }

  setMediaParameters({ blockSize }: { readonly blockSize: number }): void {
    const what = 'setting the block size';
    const { minimumBlockSize, maximumBlockSize, featuresLow } = this.#can();
    const isFine =
      blockSize === 0 ? (featuresLow & Low.VARIABLE_BLOCK) !== 0 : blockSize >= minimumBlockSize && blockSize <= maximumBlockSize;
    if (!Number.isInteger(blockSize) || !isFine) throw this.#error(what, Errno.EINVAL, S.ERROR_INVALID_BLOCK_LENGTH);
    this.#settle();
    const errno = this.st.device.operate(MtOp.SETBLK, blockSize);
    this.#blockSize = undefined;
    if (errno === Errno.EINVAL) throw this.#error(what, errno, S.ERROR_INVALID_BLOCK_LENGTH);
    if (errno !== 0) throw this.#error(what, errno);
  }

  getTapePosition(type: ValueOf<typeof TapePositionType>): TapePosition {
    const what = 'asking for the position';
    const features: Readonly<Record<number, number>> = {
      [TapePositionType.ABSOLUTE]: Low.GET_ABSOLUTE_BLK,
      [TapePositionType.LOGICAL]: Low.GET_LOGICAL_BLK,
    };
    if ((this.#can().featuresLow & (features[type] ?? 0)) === 0) throw this.#unsupported(what);
    const offset = this.st.device.position();
    if (offset === undefined) throw this.#error(what, Errno.EIO);
    return { partition: type === TapePositionType.ABSOLUTE ? 0 : this.st.device.state().partition + 1, offset };
  }

  getTapeStatus(): TapeStatusCode {
    const status = this.st.problems.status();
    if (status !== S.NO_ERROR) this.#forget();
    return status;
  }

  prepareTape(operation: ValueOf<typeof TapePrepare>): void {
    const refused = (status: Failure) => (found: Failure) => (found === S.ERROR_IO_DEVICE ? status : found);
    switch (operation) {
      case TapePrepare.LOAD:
        this.#operate('loading the cartridge', MtOp.LOAD, 1);
        this.#forget();
        break;
      case TapePrepare.UNLOAD:
        this.#operate('unloading the cartridge', MtOp.UNLOAD, 1, refused(S.ERROR_UNABLE_TO_UNLOAD_MEDIA));
        this.#forget();
        break;
      case TapePrepare.TENSION:
        this.#operate('winding the tape', MtOp.RETEN, 1);
        // Some drives say then that they have become ready, which would be the next call's failure.
        this.st.problems.status();
        this.#motion.rewind();
        break;
      case TapePrepare.LOCK:
        this.#operate('locking the cartridge', MtOp.LOCK, 1, refused(S.ERROR_UNABLE_TO_LOCK_MEDIA));
        break;
      case TapePrepare.UNLOCK:
        this.#operate('unlocking the cartridge', MtOp.UNLOCK, 1, refused(S.ERROR_UNABLE_TO_LOCK_MEDIA));
        break;
      case TapePrepare.FORMAT:
        this.#partition('formatting', High.FORMAT, 0, 0);
        break;
      default:
        throw this.#unsupported('preparing the tape');
    }
  }

  setTapePosition(method: ValueOf<typeof To>, partition: number, offset: number): void {
    const what = 'moving the tape';
    const features: Readonly<Record<number, number>> = {
      [To.ABSOLUTE_BLOCK]: High.ABSOLUTE_BLK,
      [To.LOGICAL_BLOCK]: High.LOGICAL_BLK,
      [To.SPACE_SETMARKS]: High.SETMARKS,
    };
    const need = features[method];
    if (need !== undefined && (this.#can().featuresHigh & need) === 0) throw this.#unsupported(what);
    if (!Number.isSafeInteger(partition) || partition < 0) throw this.#error(what, Errno.EINVAL);
    this.#settle();
    this.#writer.moved();
    switch (method) {
      case To.REWIND:
        if (partition > 0) this.#motion.select(partition, this.#partitionCount());
        this.#motion.rewind();
        break;
      case To.LOGICAL_BLOCK:
        if (partition > 0) this.#motion.select(partition, this.#partitionCount());
        this.#motion.seek(offset);
        break;
      case To.ABSOLUTE_BLOCK:
        this.#motion.seek(offset);
        break;
      case To.SPACE_END_OF_DATA:
        this.#motion.endOfData();
        break;
      case To.SPACE_RELATIVE_BLOCKS:
      case To.SPACE_FILEMARKS:
      case To.SPACE_SETMARKS:
        this.#motion.space(method, offset);
        break;
      default:
        throw this.#unsupported(what);
    }
  }

  eraseTape(type: ValueOf<typeof TapeErase>): void {
    const what = 'erasing';
    this.#mayWrite(what);
    const features: Readonly<Record<number, number>> = { [TapeErase.SHORT]: Low.ERASE_SHORT, [TapeErase.LONG]: Low.ERASE_LONG };
    if ((this.#can().featuresLow & (features[type] ?? 0)) === 0) throw this.#unsupported(what);
    this.#operate(what, MtOp.ERASE, type);
  }

  /** st knows one partition, or two with the size of the second. */
  createTapePartition(method: ValueOf<typeof TapePartitionMethod>, count: number, sizeMegabytes: number): void {
    const what = 'making partitions';
    if (method !== TapePartitionMethod.INITIATOR) throw this.#unsupported(what);
    this.#mayWrite(what);
    const hasSize = count === 1 || (Number.isInteger(sizeMegabytes) && sizeMegabytes > 0 && sizeMegabytes <= 0x7fff_ffff);
    if ((count !== 1 && count !== 2) || !hasSize) throw this.#error(what, Errno.EINVAL);
    this.#partition(what, 0, Low.INITIATOR, count === 1 ? 0 : sizeMegabytes);
  }

  writeTapemark(type: ValueOf<typeof TapemarkType>, count: number, immediate = false): void {
    const what = 'writing marks';
    this.#mayWrite(what);
    const isSetmark = type === TapemarkType.SETMARKS;
    if (isSetmark ? (this.#can().featuresHigh & High.WRITE_SETMARKS) === 0 : type !== TapemarkType.FILEMARKS) throw this.#unsupported(what);
    if (!Number.isInteger(count) || count < 0 || count > MOST_MARKS) throw this.#error(what, Errno.EINVAL);
    const operation = isSetmark && count > 0 ? MtOp.WSM : immediate && count > 0 ? MtOp.WEOFI : MtOp.WEOF;
    const errno = this.st.device.operate(operation, count);
    this.#writer.moved();
    if (errno !== 0) throw this.#error(what, errno, this.st.device.is(Gmt.EOT) ? S.ERROR_EOM_OVERFLOW : undefined);
  }

  read(into: Uint8Array): TapeTransfer {
    const out = this.#transfer;
    out.bytes = 0;
    out.status = S.NO_ERROR;
    if (into.length === 0) return out;
    this.#settle();
    this.#writer.moved();
    const blockSize = this.#currentBlockSize();
    if (blockSize > 0) this.#reader.fixed(into, blockSize, out);
    else {
      const { minimumBlockSize, maximumBlockSize } = this.#can();
      this.#reader.variable(into, minimumBlockSize, maximumBlockSize, out);
    }
    return out;
  }

  write(data: Uint8Array): TapeTransfer {
    this.#mayWrite('writing');
    const blockSize = this.#currentBlockSize();
    if (blockSize > 0 && data.length % blockSize !== 0) {
      throw this.#error('writing', Errno.EINVAL, S.ERROR_INVALID_BLOCK_LENGTH);
    }
    this.#writer.write(data, blockSize, this.#transfer);
    return this.#transfer;
  }

  /** What the drive can with the cartridge that is in it; asked once for each. */
  #can(): DriveAbilities {
    if (this.#abilities !== undefined) return this.#abilities;
    const { scsi, device, options } = this.st;
    const isOnline = device.is(Gmt.ONLINE);
    const found = readStAbilities(scsi, {
      logical: options.logical,
      partitions: options.partitions,
      tells: !isOnline || device.position() !== undefined,
    });
    if (isOnline) this.#abilities = found;
    return found;
  }

  #partitionCount(): number {
    const { scsi, options } = this.st;
    return scsi && options.partitions ? readPartitions(scsi).count : 1;
  }

  #currentBlockSize(): number {
    if (this.#blockSize === undefined) {
      const { flags, blockSize } = this.st.device.state();
      if ((flags & Gmt.ONLINE) === 0) return blockSize;
      this.#blockSize = blockSize;
    }
    return this.#blockSize;
  }

  #partition(what: string, high: number, low: number, size: number): void {
    this.#mayWrite(what);
    const { featuresHigh, featuresLow } = this.#can();
    if ((featuresHigh & high) === 0 && (featuresLow & low) === 0) throw this.#unsupported(what);
    this.#settle();
    this.#writer.moved();
    this.#motion.select(1, this.#partitionCount());
    this.#motion.rewind();
    this.#operate(what, MtOp.MKPART, size, (found) => (found === S.ERROR_IO_DEVICE ? S.ERROR_PARTITION_FAILURE : found));
    this.#forget();
  }

  #operate(what: string, operation: number, count: number, judge: (found: Failure) => Failure = (found) => found): void {
    this.#settle();
    const errno = this.st.device.operate(operation, count);
    this.#writer.moved();
    if (errno !== 0) throw this.#error(what, errno, judge(this.st.problems.explain(errno)));
  }

  /** st writes a filemark before it moves or closes a tape that was just written to; not once what was written is flushed. */
  #settle(): void {
    if (!this.#writer.isOpen) return;
    const { isBroken } = this.#writer;
    const errno = this.st.device.operate(MtOp.WEOF, 0);
    this.#writer.moved();
    if (errno !== 0 && !isBroken && !this.#isClosed) throw this.#error('writing what is left', errno);
  }

  #forget(): void {
    this.#abilities = undefined;
    this.#blockSize = undefined;
  }

  #refuseUnready(what: string): void {
    const status = this.st.problems.status();
    this.#forget();
    if (status !== S.NO_ERROR) throw this.#error(what, Errno.ENOMEDIUM, status);
  }

  #mayWrite(what: string): void {
    if (this.mode === 'read' || !this.st.device.writable) throw this.#error(what, Errno.EROFS);
  }

  #unsupported(what: string) {
    return this.#error(what, Errno.ENOTTY);
  }

  #error(what: string, errno: number, status?: Failure) {
    return this.st.problems.error(what, errno, status);
  }
}
