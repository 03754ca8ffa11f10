import {
  FeaturesHigh as High,
  FeaturesLow as Low,
  TapeErase,
  TapemarkType,
  TapePartitionMethod,
  TapePositionMethod,
  TapePositionType,
  TapePrepare,
  TapeStatus,
  type OpenTapeOptions,
  type TapeDrive,
  type TapeDriveParameters,
  type TapeDriveSettings,
  type TapeMediaParameters,
  type TapePosition,
  type TapeStatusCode,
  type TapeTransfer,
  type ValueOf,
} from '../api/index.js';
import { isWinbackError } from '@winback/core/base';
import { readAbilities, type DriveAbilities } from './abilities.js';
import { readCapacity } from './capacity.js';
import { cdb } from './cdb.js';
import { DeviceType, ModePage, SpaceCode, Timeout } from './constants.js';
import { InquiryData } from './drive-data.layout.js';
import { findModePage, readMode, writeMode } from './mode.js';
import { makePartitions, readPartitions } from './partitions.js';
import { readPosition } from './position.js';
import { ScsiDevice } from './scsi-device.js';
import { ScsiTransfer } from './transfer.js';
import type { ScsiTransport } from './transport.js';

/** How SetTapePosition moves by SPACE, and the feature that says so. */
const SPACES: Readonly<Record<number, readonly [code: number, feature: number]>> = {
  [TapePositionMethod.SPACE_END_OF_DATA]: [SpaceCode.END_OF_DATA, High.END_OF_DATA],
  [TapePositionMethod.SPACE_RELATIVE_BLOCKS]: [SpaceCode.BLOCKS, High.RELATIVE_BLKS],
  [TapePositionMethod.SPACE_FILEMARKS]: [SpaceCode.FILEMARKS, High.FILEMARKS],
  [TapePositionMethod.SPACE_SEQUENTIAL_FMKS]: [SpaceCode.SEQUENTIAL_FILEMARKS, High.SEQUENTIAL_FMKS],
  [TapePositionMethod.SPACE_SETMARKS]: [SpaceCode.SETMARKS, High.SETMARKS],
  [TapePositionMethod.SPACE_SEQUENTIAL_SMKS]: [SpaceCode.SEQUENTIAL_SETMARKS, High.SEQUENTIAL_SMKS],
};

const PARTITION_FEATURES: Readonly<Record<number, number>> = {
  [TapePartitionMethod.FIXED]: Low.FIXED,
  [TapePartitionMethod.SELECT]: Low.SELECT,
  [TapePartitionMethod.INITIATOR]: Low.INITIATOR,
};

const MOST_MARKS = 0xff_ffff;
const DEFAULT_BLOCK = 65_536;

/** A tape drive that knows SCSI's stream commands (SSC), wherever it is: see {@link ScsiTransport}. */
export class ScsiTapeDrive implements TapeDrive {
  readonly #device: ScsiDevice;
  readonly #transfer: ScsiTransfer;
  readonly #mode: OpenTapeOptions['mode'];
  #abilities: DriveAbilities | undefined;
  #blockSize: number | undefined;

  private constructor(transport: ScsiTransport, mode: OpenTapeOptions['mode']) {
    this.#device = new ScsiDevice(transport, () => this.#forget());
    this.#transfer = new ScsiTransfer(this.#device);
    this.#mode = mode;
  }

  /**
   * A drive at a transport, which is closed with it, and when this throws.
   * @throws TAPE_NOT_FOUND when it is no tape drive, TAPE_LOCKED
   */
  static open(transport: ScsiTransport, options: OpenTapeOptions): ScsiTapeDrive {
    const drive = new ScsiTapeDrive(transport, options.mode);
    try {
      checkDeviceType(drive.#device, DeviceType.TAPE, 'tape drive');
      drive.#device.clearAttentions();
      drive.#device.reserve();
      return drive;
    } catch (error) {
      drive.#device.close();
      throw error;
    }
  }

  get name(): string {
    return this.#device.name;
  }

  getDriveParameters(): TapeDriveParameters {
    const { minimumBlockSize, maximumBlockSize, maximumPartitionCount, featuresLow, featuresHigh } = this.#can();
    const compression = findModePage(this.#device, ModePage.COMPRESSION, 3);
    const configuration = findModePage(this.#device, ModePage.CONFIGURATION, 9);
    return {
      ecc: false,
      compression: ((compression?.[2] ?? 0) & 0x80) !== 0,
      dataPadding: false,
      reportSetmarks: ((configuration?.[8] ?? 0) & 0x20) !== 0,
      defaultBlockSize: Math.min(Math.max(DEFAULT_BLOCK, minimumBlockSize), maximumBlockSize),
      maximumBlockSize,
      minimumBlockSize,
      maximumPartitionCount,
      featuresLow,
      featuresHigh,
      eotWarningZoneSize: 0,
    };
  }

  getMediaParameters(): TapeMediaParameters {
    const what = 'asking for the medium';
    this.#device.run(what, cdb.testUnitReady());
    const { writeProtected, blockLength } = readMode(this.#device, ModePage.NONE, what);
    const partition = (this.#can().featuresLow & Low.GET_LOGICAL_BLK) !== 0 ? readPosition(this.#device).partition : 0;
    const capacity = (this.#can().featuresLow & Low.TAPE_CAPACITY) !== 0 ? readCapacity(this.#device, partition) : undefined;
    return {
      capacity: capacity?.capacity ?? 0,
      remaining: capacity?.remaining ?? 0,
      blockSize: blockLength,
      partitionCount: readPartitions(this.#device).count,
      writeProtected,
    };
  }

  setDriveParameters(settings: TapeDriveSettings): void {
    const what = 'setting the drive';
    const now = this.getDriveParameters();
    for (const key of ['ecc', 'dataPadding', 'eotWarningZoneSize'] as const) {
      if (settings[key] !== undefined && settings[key] !== now[key]) throw this.#device.failure(TapeStatus.ERROR_NOT_SUPPORTED, what);
    }
    if (settings.compression !== undefined && settings.compression !== now.compression) {
      this.#needs(High.SET_COMPRESSION, what);
      this.#changePage(ModePage.COMPRESSION, 2, 0x80, settings.compression, what);
    }
    if (settings.reportSetmarks !== undefined && settings.reportSetmarks !== now.reportSetmarks) {
      this.#needs(High.SET_REPORT_SMKS, what);
      this.#changePage(ModePage.CONFIGURATION, 8, 0x20, settings.reportSetmarks, what);
    }
  }

  setMediaParameters({ blockSize }: { readonly blockSize: number }): void {
    const what = 'setting the block size';
    const { minimumBlockSize, maximumBlockSize, featuresLow } = this.#can();
    const isSize = Number.isInteger(blockSize) && blockSize >= minimumBlockSize && blockSize <= maximumBlockSize;
    if (!isSize && !(blockSize === 0 && (featuresLow & Low.VARIABLE_BLOCK) !== 0)) {
      throw this.#device.failure(TapeStatus.ERROR_INVALID_BLOCK_LENGTH, what);
    }
    this.#needs(High.SET_BLOCK_SIZE, what);
    this.#blockSize = undefined;
    const mode = readMode(this.#device, ModePage.NONE, what);
    try {
      writeMode(this.#device, mode, blockSize, what);
    } catch (error) {
      if (!isWinbackError(error, 'TAPE_INVALID_PARAMETER')) throw error;
      throw this.#device.failure(TapeStatus.ERROR_INVALID_BLOCK_LENGTH, what);
    }
    this.#blockSize = blockSize;
  }

  getTapePosition(type: ValueOf<typeof TapePositionType>): TapePosition {
    const what = 'asking for the position';
    if (type !== TapePositionType.LOGICAL && type !== TapePositionType.ABSOLUTE) throw this.#unsupported(what);
    if ((this.#can().featuresLow & Low.GET_LOGICAL_BLK) === 0) throw this.#unsupported(what);
    const { partition, block } = readPosition(this.#device);
    return { partition: type === TapePositionType.LOGICAL ? partition + 1 : 0, offset: block };
  }

  getTapeStatus(): TapeStatusCode {
    try {
      return this.#device.attempt(cdb.testUnitReady()).status;
    } catch (error) {
      if (isWinbackError(error) && typeof error.details['status'] === 'number') return error.details['status'] as TapeStatusCode;
      throw error;
    }
  }

  prepareTape(operation: ValueOf<typeof TapePrepare>, immediate = false): void {
    switch (operation) {
      case TapePrepare.LOAD:
        this.#load('loading the cartridge', High.LOAD_UNLOAD, cdb.loadUnload(true, { immediate }));
        return;
      case TapePrepare.UNLOAD:
        this.#load('unloading the cartridge', High.LOAD_UNLOAD, cdb.loadUnload(false, { immediate }));
        return;
      case TapePrepare.TENSION:
        this.#load('winding the tape', High.TENSION, cdb.loadUnload(true, { immediate, tension: true }));
        return;
      case TapePrepare.LOCK:
      case TapePrepare.UNLOCK: {
        const what = operation === TapePrepare.LOCK ? 'locking the cartridge' : 'unlocking the cartridge';
        this.#needs(High.LOCK_UNLOCK, what);
        this.#device.run(what, cdb.preventAllow(operation === TapePrepare.LOCK));
        return;
      }
      case TapePrepare.FORMAT: {
        const what = 'formatting the cartridge';
        this.#needs(High.FORMAT, what);
        this.#mayWrite(what);
        this.setTapePosition(TapePositionMethod.REWIND, 0, 0);
        this.#device.run(what, cdb.formatMedium(0, immediate), 'none', undefined, Timeout.LONG);
        this.#forget();
        return;
      }
      default:
        throw this.#unsupported('preparing the tape');
    }
  }

  setTapePosition(method: ValueOf<typeof TapePositionMethod>, partition: number, offset: number, immediate = false): void {
    const what = 'moving the tape';
    switch (method) {
      case TapePositionMethod.REWIND: {
        const change = this.#otherPartition(partition, what);
        const command = change === undefined ? cdb.rewind(immediate) : cdb.locate(0, change, immediate);
        this.#device.run('rewinding', command, 'none', undefined, Timeout.MOTION);
        return;
      }
      case TapePositionMethod.ABSOLUTE_BLOCK:
      case TapePositionMethod.LOGICAL_BLOCK: {
        this.#needs(High.LOGICAL_BLK, what);
        if (!Number.isSafeInteger(offset) || offset < 0) throw this.#device.failure(TapeStatus.ERROR_INVALID_PARAMETER, what);
        const change = method === TapePositionMethod.LOGICAL_BLOCK ? this.#otherPartition(partition, what) : undefined;
        this.#device.run(what, cdb.locate(offset, change, immediate), 'none', undefined, Timeout.MOTION);
        return;
      }
      default: {
        const space = SPACES[method];
        if (space === undefined) throw this.#unsupported(what);
        const [code, feature] = space;
        this.#needs(feature, what);
        if (!Number.isSafeInteger(offset)) throw this.#device.failure(TapeStatus.ERROR_INVALID_PARAMETER, what);
        this.#device.run(what, cdb.space(code, code === SpaceCode.END_OF_DATA ? 0 : offset), 'none', undefined, Timeout.MOTION);
      }
    }
  }

  eraseTape(type: ValueOf<typeof TapeErase>, immediate = false): void {
    const what = 'erasing the tape';
    const isLong = type === TapeErase.LONG;
    if (!Object.values(TapeErase).includes(type) || (this.#can().featuresLow & Low.ERASE_LONG) === 0) throw this.#unsupported(what);
    this.#mayWrite(what);
    this.#device.run(what, cdb.erase6(isLong, immediate), 'none', undefined, isLong ? Timeout.LONG : Timeout.MOTION);
  }

  createTapePartition(method: ValueOf<typeof TapePartitionMethod>, count: number, sizeMegabytes: number): void {
    const what = 'making partitions';
    const feature = PARTITION_FEATURES[method];
    if (feature === undefined || (this.#can().featuresLow & feature) === 0) throw this.#unsupported(what);
    this.#mayWrite(what);
    this.setTapePosition(TapePositionMethod.REWIND, 1, 0);
    makePartitions(this.#device, method, count, sizeMegabytes, this.#can().formats);
    this.#forget();
  }

  writeTapemark(type: ValueOf<typeof TapemarkType>, count: number, immediate = false): void {
    const what = 'writing marks';
    const isSetmark = type === TapemarkType.SETMARKS;
    if (!isSetmark && type !== TapemarkType.FILEMARKS) throw this.#unsupported(what);
    if (isSetmark) this.#needs(High.WRITE_SETMARKS, what);
    this.#mayWrite(what);
    if (!Number.isInteger(count) || count < 0 || count > MOST_MARKS) throw this.#device.failure(TapeStatus.ERROR_INVALID_PARAMETER, what);
    const { status, sense } = this.#device.attempt(cdb.writeFilemarks6(count, immediate, isSetmark), 'none', undefined, Timeout.TRANSFER);
    // The early warning: the marks are on the tape, and the next write tells it again.
    if (status === TapeStatus.ERROR_END_OF_MEDIA && (sense?.information ?? 0) === 0 && sense?.deferred === false) return;
    if (status !== TapeStatus.NO_ERROR) throw this.#device.failure(status, what, sense);
  }

  read(into: Uint8Array): TapeTransfer {
    return this.#transfer.read(into, this.#block(), this.#can().maximumBlockSize);
  }

  write(data: Uint8Array): TapeTransfer {
    this.#mayWrite('writing a block');
    const { minimumBlockSize, maximumBlockSize } = this.#can();
    return this.#transfer.write(data, this.#block(), minimumBlockSize, maximumBlockSize);
  }

  [Symbol.dispose](): void {
    this.#device.close();
  }

  #can(): DriveAbilities {
    if (this.#abilities !== undefined) return this.#abilities;
    const abilities = readAbilities(this.#device);
    // Without a cartridge some of it is not told.
    if (this.#device.isReady()) this.#abilities = abilities;
    return abilities;
  }

  #block(): number {
    this.#blockSize ??= readMode(this.#device, ModePage.NONE, 'asking for the block size').blockLength;
    return this.#blockSize;
  }

  #forget(): void {
    this.#abilities = undefined;
    this.#blockSize = undefined;
  }

  #load(what: string, feature: number, command: Uint8Array): void {
    this.#needs(feature, what);
    this.#forget();
    this.#device.run(what, command, 'none', undefined, Timeout.MOTION);
  }

  #changePage(page: number, at: number, bit: number, on: boolean, what: string): void {
    const mode = readMode(this.#device, page, what);
    const bytes = mode.page.slice();
    if (bytes.length <= at) throw this.#unsupported(what);
    bytes[at] = on ? bytes[at]! | bit : bytes[at]! & ~bit;
    writeMode(this.#device, mode, mode.blockLength, what, bytes);
  }

  /** The partition to change to, from 0; undefined: the tape has only this one, or none is named. */
  #otherPartition(partition: number, what: string): number | undefined {
    if (partition === 0) return undefined;
    const { count } = readPartitions(this.#device);
    if (!Number.isInteger(partition) || partition < 1 || partition > count) {
      throw this.#device.failure(TapeStatus.ERROR_DEVICE_NOT_PARTITIONED, what);
    }
    return count === 1 ? undefined : partition - 1;
  }

  #needs(featureHigh: number, what: string): void {
    if ((this.#can().featuresHigh & featureHigh) === 0) throw this.#unsupported(what);
  }

  #mayWrite(what: string): void {
    if (this.#mode === 'read') throw this.#device.failure(TapeStatus.ERROR_WRITE_PROTECT, what);
  }

  #unsupported(what: string): Error {
    return this.#device.failure(TapeStatus.ERROR_NOT_SUPPORTED, what);
  }
}

/** @throws TAPE_NOT_FOUND when a logical unit is not there, or is something else */
export function checkDeviceType(device: ScsiDevice, type: number, noun: string): void {
  const what = `looking for a ${noun}`;
  const bytes = new Uint8Array(InquiryData.size);
  const length = device.run(what, cdb.inquiry(bytes.length), 'read', bytes);
  if (length < 1 || bytes[0] !== type) throw device.failure(TapeStatus.ERROR_FILE_NOT_FOUND, what);
}
