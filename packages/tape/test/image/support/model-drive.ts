import {
  FeaturesHigh,
  FeaturesLow,
  tapeError,
  TapeErase,
  TapemarkType,
  TapePartitionMethod,
  TapePositionMethod as To,
  TapePositionType,
  TapePrepare,
  TapeStatus as S,
  type TapeDrive,
  type TapeStatusCode,
  type TapeTransfer,
} from '../../../src/index.js';

type Item = Uint8Array | 'F' | 'S';
type Failure = Exclude<TapeStatusCode, 0>;

export interface ModelLimits {
  readonly setmarks: boolean;
  readonly partitions: boolean;
}

const all = (bits: Readonly<Record<string, number>>, without: readonly number[]): number =>
  Object.values(bits).reduce((sum, bit) => (without.includes(bit) ? sum : (sum | bit) >>> 0), 0);

const { REWIND_IMMEDIATE, LOAD_UNLD_IMMED, TENSION_IMMED, LOCK_UNLK_IMMED, SET_ECC, SET_PADDING, FORMAT_IMMEDIATE } = FeaturesHigh;
const { SETMARKS, SEQUENTIAL_SMKS, WRITE_SETMARKS, SET_REPORT_SMKS, WRITE_SHORT_FMKS, WRITE_LONG_FMKS } = FeaturesHigh;
const NO_HIGH = [REWIND_IMMEDIATE, LOAD_UNLD_IMMED, TENSION_IMMED, LOCK_UNLK_IMMED, SET_ECC, SET_PADDING, FORMAT_IMMEDIATE];
const SETMARK_HIGH = [SETMARKS, SEQUENTIAL_SMKS, WRITE_SETMARKS, SET_REPORT_SMKS, WRITE_SHORT_FMKS, WRITE_LONG_FMKS];
const NO_LOW = [FeaturesLow.ERASE_BOP_ONLY, FeaturesLow.ECC, FeaturesLow.PADDING, FeaturesLow.CLEAN_REQUESTS, FeaturesLow.TAPE_CAPACITY];

/** A tape drive that is nothing but arrays: slow, plain, and without an end. What drives do is compared with it. */
export class ModelDrive implements TapeDrive {
  readonly name = 'model';
  #partitions: Item[][] = [[]];
  #partition = 0;
  #at = 0;
  #blockSize = 0;
  #reportSetmarks: boolean;
  #compression = false;
  #loaded = true;

  constructor(private readonly limits: ModelLimits = { setmarks: true, partitions: true }) {
    this.#reportSetmarks = limits.setmarks;
  }

  get #items(): Item[] {
    return this.#partitions[this.#partition]!;
  }

  #fail(status: Failure): never {
    throw tapeError(status, this.name, 'a call');
  }

  #ready(): void {
    if (!this.#loaded) this.#fail(S.ERROR_NO_MEDIA_IN_DRIVE);
  }

  getDriveParameters(): ReturnType<TapeDrive['getDriveParameters']> {
    const partitioning = this.limits.partitions ? [] : [FeaturesLow.FIXED, FeaturesLow.SELECT, FeaturesLow.INITIATOR];
    return {
      ecc: false,
      compression: this.#compression,
      dataPadding: false,
      reportSetmarks: this.#reportSetmarks,
      defaultBlockSize: 65_536,
      maximumBlockSize: 1 << 24,
      minimumBlockSize: 1,
      maximumPartitionCount: this.limits.partitions ? 16 : 1,
      featuresLow: all(FeaturesLow, [
        ...NO_LOW,
        ...partitioning,
        FeaturesLow.TAPE_REMAINING,
        ...(this.limits.setmarks ? [] : [FeaturesLow.REPORT_SMKS]),
      ]),
      featuresHigh: all(FeaturesHigh, [...NO_HIGH, ...(this.limits.setmarks ? [] : SETMARK_HIGH)]),
      eotWarningZoneSize: 0,
    };
  }

  getMediaParameters(): ReturnType<TapeDrive['getMediaParameters']> {
    this.#ready();
    return { capacity: 0, remaining: 0, blockSize: this.#blockSize, partitionCount: this.#partitions.length, writeProtected: false };
  }

  setDriveParameters(settings: Parameters<TapeDrive['setDriveParameters']>[0]): void {
    this.#ready();
    this.#reportSetmarks = settings.reportSetmarks ?? this.#reportSetmarks;
    this.#compression = settings.compression ?? this.#compression;
  }

  setMediaParameters({ blockSize }: { readonly blockSize: number }): void {
    this.#ready();
    if (blockSize > 1 << 24) this.#fail(S.ERROR_INVALID_BLOCK_LENGTH);
    this.#blockSize = blockSize;
  }

  getTapePosition(type: number): { partition: number; offset: number } {
    this.#ready();
    if (type === TapePositionType.ABSOLUTE) return { partition: 0, offset: this.#partition * 2 ** 44 + this.#at };
    if (type > 2) this.#fail(S.ERROR_NOT_SUPPORTED);
    return { partition: this.#partition + 1, offset: this.#at };
  }

  getTapeStatus(): TapeStatusCode {
    return this.#loaded ? S.NO_ERROR : S.ERROR_NO_MEDIA_IN_DRIVE;
  }

  prepareTape(operation: number): void {
    if (operation === TapePrepare.LOAD) this.#loaded = true;
    this.#ready();
    if (operation > 5) this.#fail(S.ERROR_NOT_SUPPORTED);
    if (operation === TapePrepare.LOCK || operation === TapePrepare.UNLOCK) return;
    this.#at = 0;
    if (operation !== TapePrepare.TENSION) this.#partition = 0;
    if (operation === TapePrepare.UNLOAD) this.#loaded = false;
    if (operation === TapePrepare.FORMAT) this.#partitions = [[]];
  }

  setTapePosition(method: number, partition: number, offset: number): void {
    this.#ready();
    const direction = offset < 0 ? -1 : 1;
    switch (method) {
      case To.REWIND:
        this.#enter(partition);
        this.#at = 0;
        return;
      case To.ABSOLUTE_BLOCK:
        this.#enter(Math.floor(offset / 2 ** 44) + 1);
        this.#seek(offset % 2 ** 44);
        return;
      case To.LOGICAL_BLOCK:
      case To.PSEUDO_LOGICAL_BLOCK:
        this.#enter(partition);
        this.#seek(offset);
        return;
      case To.SPACE_END_OF_DATA:
        this.#enter(partition);
        this.#at = this.#items.length;
        return;
      case To.SPACE_RELATIVE_BLOCKS:
        for (let i = 0; i < Math.abs(offset);) {
          const item = this.#step(direction);
          if (item === 'F') this.#fail(S.ERROR_FILEMARK_DETECTED);
          if (item !== 'S') i++;
          else if (this.#reportSetmarks) this.#fail(S.ERROR_SETMARK_DETECTED);
        }
        return;
      case To.SPACE_FILEMARKS:
      case To.SPACE_SETMARKS:
        this.#space(method === To.SPACE_FILEMARKS ? 'F' : 'S', offset, false);
        return;
      case To.SPACE_SEQUENTIAL_FMKS:
      case To.SPACE_SEQUENTIAL_SMKS:
        this.#space(method === To.SPACE_SEQUENTIAL_FMKS ? 'F' : 'S', offset, true);
        return;
      default:
        this.#fail(S.ERROR_NOT_SUPPORTED);
    }
  }

  #space(kind: 'F' | 'S', offset: number, inARow: boolean): void {
    if (kind === 'S' && !this.limits.setmarks) this.#fail(S.ERROR_NOT_SUPPORTED);
    for (let i = 0; i < Math.abs(offset);) {
      const item = this.#step(offset < 0 ? -1 : 1);
      if (item === kind) i++;
      else if (item === 'S' && this.#reportSetmarks && kind === 'F') this.#fail(S.ERROR_SETMARK_DETECTED);
      else if (inARow) i = 0;
    }
  }

  #step(direction: number): Item {
    if (direction > 0) {
      const item = this.#items[this.#at];
      if (item === undefined) this.#fail(S.ERROR_NO_DATA_DETECTED);
      this.#at++;
      return item;
    }
    if (this.#at === 0) this.#fail(S.ERROR_BEGINNING_OF_MEDIA);
    return this.#items[--this.#at]!;
  }

  #enter(partition: number): void {
    if (partition === 0) return;
    if (partition > this.#partitions.length) this.#fail(S.ERROR_DEVICE_NOT_PARTITIONED);
    if (partition - 1 !== this.#partition) this.#at = 0;
    this.#partition = partition - 1;
  }

  #seek(offset: number): void {
    if (offset < 0) this.#fail(S.ERROR_INVALID_PARAMETER);
    this.#at = Math.min(offset, this.#items.length);
    if (this.#at < offset) this.#fail(S.ERROR_NO_DATA_DETECTED);
  }

  eraseTape(type: number): void {
    this.#ready();
    if (type !== TapeErase.SHORT && type !== TapeErase.LONG) this.#fail(S.ERROR_NOT_SUPPORTED);
    this.#items.length = this.#at;
  }

  createTapePartition(method: number, count: number): void {
    this.#ready();
    if (method > 2 || !this.limits.partitions) this.#fail(S.ERROR_NOT_SUPPORTED);
    const made = method === TapePartitionMethod.FIXED ? 1 : count;
    if (made < 1 || made > 16) this.#fail(S.ERROR_INVALID_PARAMETER);
    this.#partitions = Array.from({ length: made }, () => []);
    this.#partition = this.#at = 0;
  }

  writeTapemark(type: number, count: number): void {
    this.#ready();
    if (type > 3 || (type !== TapemarkType.FILEMARKS && !this.limits.setmarks)) this.#fail(S.ERROR_NOT_SUPPORTED);
    for (let i = 0; i < count; i++) this.#append(type === TapemarkType.SETMARKS ? 'S' : 'F');
  }

  read(into: Uint8Array): TapeTransfer {
    this.#ready();
    const size = this.#blockSize;
    if (size !== 0 && into.length % size !== 0) this.#fail(S.ERROR_INVALID_BLOCK_LENGTH);
    let bytes = 0;
    const wanted = size === 0 ? Math.min(1, into.length) : into.length / size;
    for (let i = 0; i < wanted;) {
      const item = this.#items[this.#at];
      if (item === undefined) return { bytes, status: S.ERROR_NO_DATA_DETECTED };
      this.#at++;
      if (item === 'F') return { bytes, status: S.ERROR_FILEMARK_DETECTED };
      if (item === 'S' && this.#reportSetmarks) return { bytes, status: S.ERROR_SETMARK_DETECTED };
      if (item === 'S') continue;
      if (size !== 0 && item.length !== size) this.#fail(S.ERROR_INVALID_BLOCK_LENGTH);
      if (item.length > into.length) this.#fail(S.ERROR_MORE_DATA);
      into.set(item, bytes);
      bytes += item.length;
      i++;
    }
    return { bytes, status: S.NO_ERROR };
  }

  write(data: Uint8Array): TapeTransfer {
    this.#ready();
    const size = this.#blockSize === 0 ? data.length : this.#blockSize;
    if (data.length > 0 && data.length % size !== 0) this.#fail(S.ERROR_INVALID_BLOCK_LENGTH);
    if (size > 1 << 24) this.#fail(S.ERROR_INVALID_BLOCK_LENGTH);
    for (let at = 0; at < data.length; at += size) this.#append(data.slice(at, at + size));
    return { bytes: data.length, status: S.NO_ERROR };
  }

  #append(item: Item): void {
    this.#items.length = this.#at;
    this.#items.push(item);
    this.#at++;
  }

  /** As an image that is closed and opened: settings of the drive are gone, those of the cartridge stay. */
  reopen(): void {
    this.#partition = this.#at = this.#blockSize = 0;
  }

  [Symbol.dispose](): void {
    this.#loaded = false;
  }
}
