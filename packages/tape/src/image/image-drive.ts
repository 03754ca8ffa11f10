import {
  tapeError,
  TapeErase,
  TapemarkType,
  TapePartitionMethod,
  TapePositionMethod as To,
  TapePositionType,
  TapePrepare,
  TapeStatus as S,
  type TapeDrive,
  type TapeDriveParameters,
  type TapeDriveSettings,
  type TapeMediaParameters,
  type TapePosition,
  type TapeStatusCode,
  type TapeTransfer,
} from '../api/index.js';
import { RecordKind } from './cartridge.layout.js';
import { imageDriveParameters } from './image-parameters.js';
import { PARTITION_STRIDE, type Medium, type MediumFeatures, type MediumSettings, type Track } from './medium.js';
import { partitionSizes } from './partition-sizes.js';
import { spaceBlocks, spaceMarks } from './spacing.js';

const NO_BYTES = new Uint8Array(0);
const KINDS: Readonly<Record<number, number>> = {
  [TapemarkType.SETMARKS]: RecordKind.SETMARK,
  [TapemarkType.FILEMARKS]: RecordKind.FILEMARK,
  [TapemarkType.SHORT_FILEMARKS]: RecordKind.SHORT_FILEMARK,
  [TapemarkType.LONG_FILEMARKS]: RecordKind.LONG_FILEMARK,
};

export interface ImageDriveParts {
  readonly name: string;
  /** Opens the cartridge that is in the drive now; undefined: there is none. */
  readonly load: () => Medium | undefined;
  /** What cartridges of this drive can hold, for as long as none is in it. */
  readonly features: MediumFeatures;
  /** The drive was opened for reading only. */
  readonly readOnly: boolean;
  /** The file of the cartridge, where there is one for as long as the drive is open. */
  readonly file?: string | undefined;
}

/** A tape drive whose cartridge is a file. */
export class ImageDrive implements TapeDrive {
  readonly name: string;
  readonly localFiles: readonly string[] | undefined;
  #medium: Medium | undefined;
  #settings: MediumSettings = { compression: false, reportSetmarks: true, warningZone: 0 };
  #partition = 0;
  #blockSize = 0;
  #locked = false;
  #open = true;
  readonly #transfer: { bytes: number; status: TapeStatusCode } = { bytes: 0, status: S.NO_ERROR };

  /** @throws what loading the cartridge throws */
  constructor(private readonly parts: ImageDriveParts) {
    this.name = parts.name;
    this.localFiles = parts.file === undefined ? undefined : [parts.file];
    this.#load();
  }

  getDriveParameters(): TapeDriveParameters {
    return imageDriveParameters(this.#medium?.features ?? this.parts.features, this.#medium, this.#settings);
  }

  getMediaParameters(): TapeMediaParameters {
    const medium = this.#ready('asking for the cartridge');
    const { capacity, used } = this.#track;
    return {
      capacity,
      remaining: Math.max(0, capacity - used),
      blockSize: this.#blockSize,
      partitionCount: medium.tracks.length,
      writeProtected: this.#protected(medium),
    };
  }

  setDriveParameters(settings: TapeDriveSettings): void {
    const what = 'setting the parameters of the drive';
    const medium = this.#ready(what);
    const { compression, reportSetmarks, warningZone } = this.#settings;
    const { ecc = false, dataPadding = false, eotWarningZoneSize = warningZone, ...known } = settings;
    const { setmarks, settings: kept } = medium.features;
    if (ecc || dataPadding || (known.compression === true && !kept) || (known.reportSetmarks === true && !setmarks))
      this.#fail(S.ERROR_NOT_SUPPORTED, what);
    if (!isCount(eotWarningZoneSize) || eotWarningZoneSize > medium.capacity)
      this.#fail(S.ERROR_INVALID_PARAMETER, what, { eotWarningZoneSize });
    this.#settings = {
      compression: known.compression ?? compression,
      reportSetmarks: known.reportSetmarks ?? reportSetmarks,
      warningZone: eotWarningZoneSize,
    };
    if (kept && !this.#protected(medium)) medium.set(this.#settings);
  }

  setMediaParameters({ blockSize }: { readonly blockSize: number }): void {
    const what = 'setting the block size';
    const { features } = this.#ready(what);
    if (!isCount(blockSize) || blockSize > features.maximumBlockSize) this.#fail(S.ERROR_INVALID_BLOCK_LENGTH, what, { blockSize });
    this.#blockSize = blockSize;
  }

  getTapePosition(type: number): TapePosition {
    const what = 'asking for the position';
    this.#ready(what);
    const { number } = this.#track;
    switch (type) {
      case TapePositionType.ABSOLUTE:
        return { partition: 0, offset: this.#partition * PARTITION_STRIDE + number };
      case TapePositionType.LOGICAL:
      case TapePositionType.PSEUDO_LOGICAL:
        return { partition: this.#partition + 1, offset: number };
      default:
        return this.#fail(S.ERROR_NOT_SUPPORTED, what, { type });
    }
  }

  getTapeStatus(): TapeStatusCode {
    if (!this.#open) return S.ERROR_NOT_READY;
    return this.#medium ? S.NO_ERROR : S.ERROR_NO_MEDIA_IN_DRIVE;
  }

  prepareTape(operation: number): void {
    const what = 'preparing the tape';
    if (!Object.values<number>(TapePrepare).includes(operation)) this.#fail(S.ERROR_NOT_SUPPORTED, what, { operation });
    if (operation === TapePrepare.LOAD && this.#open && !this.#medium) this.#load();
    const medium = this.#ready(what);
    if (operation === TapePrepare.LOCK || operation === TapePrepare.UNLOCK) {
      this.#locked = operation === TapePrepare.LOCK;
      return;
    }
    if (operation === TapePrepare.UNLOAD) {
      if (this.#locked) this.#fail(S.ERROR_UNABLE_TO_UNLOAD_MEDIA, 'unloading the cartridge, which is locked in the drive');
      this.#medium = undefined;
      medium.close();
      return;
    }
    if (operation === TapePrepare.FORMAT) {
      this.#mustBeWritable(medium, 'formatting the tape');
      medium.divide([medium.capacity]);
      this.#partition = 0;
    }
    if (operation === TapePrepare.LOAD) this.#partition = 0;
    this.#track.seek(0);
  }

  setTapePosition(method: number, partition: number, offset: number): void {
    const what = 'moving the tape';
    const medium = this.#ready(what);
    if (!Number.isSafeInteger(offset)) this.#fail(S.ERROR_INVALID_PARAMETER, what, { offset });
    switch (method) {
      case To.REWIND:
        this.#enter(medium, partition).seek(0);
        return;
      case To.ABSOLUTE_BLOCK:
        this.#seek(this.#enter(medium, Math.floor(offset / PARTITION_STRIDE) + 1), offset % PARTITION_STRIDE);
        return;
      case To.LOGICAL_BLOCK:
      case To.PSEUDO_LOGICAL_BLOCK:
        this.#seek(this.#enter(medium, partition), offset);
        return;
      case To.SPACE_END_OF_DATA: {
        const track = this.#enter(medium, partition);
        track.seek(track.endNumber);
        if (track.endStatus !== S.ERROR_NO_DATA_DETECTED) this.#fail(track.endStatus, what);
        return;
      }
      case To.SPACE_RELATIVE_BLOCKS:
        this.#stoppedBy(spaceBlocks(this.#track, offset, this.#settings.reportSetmarks));
        return;
      case To.SPACE_SETMARKS:
      case To.SPACE_SEQUENTIAL_SMKS:
        if (!medium.features.setmarks) this.#fail(S.ERROR_NOT_SUPPORTED, what);
        this.#stoppedBy(spaceMarks(this.#track, method, offset, this.#settings.reportSetmarks));
        return;
      case To.SPACE_FILEMARKS:
      case To.SPACE_SEQUENTIAL_FMKS:
        this.#stoppedBy(spaceMarks(this.#track, method, offset, this.#settings.reportSetmarks));
        return;
      default:
        this.#fail(S.ERROR_NOT_SUPPORTED, what, { method });
    }
  }

  eraseTape(type: number): void {
    const what = 'erasing the tape';
    const medium = this.#ready(what);
    if (type !== TapeErase.SHORT && type !== TapeErase.LONG) this.#fail(S.ERROR_NOT_SUPPORTED, what, { type });
    this.#mustBeWritable(medium, what);
    this.#track.truncate(type === TapeErase.LONG);
    medium.sync();
  }

  createTapePartition(method: number, count: number, sizeMegabytes: number): void {
    const what = 'dividing the tape';
    const medium = this.#ready(what);
    const known = Object.values<number>(TapePartitionMethod).includes(method);
    if (!known || !medium.features.partitions) this.#fail(S.ERROR_NOT_SUPPORTED, what, { method });
    this.#mustBeWritable(medium, what);
    const sizes = partitionSizes(medium.capacity, method, count, sizeMegabytes);
    if (typeof sizes === 'number') this.#fail(sizes, what, { count, sizeMegabytes });
    medium.divide(sizes);
    this.#partition = 0;
  }

  writeTapemark(type: number, count: number, immediate = false): void {
    const what = 'writing marks';
    const medium = this.#ready(what);
    const kind = KINDS[type];
    if (kind === undefined || (kind !== RecordKind.FILEMARK && !medium.features.setmarks))
      this.#fail(S.ERROR_NOT_SUPPORTED, what, { type });
    if (!isCount(count)) this.#fail(S.ERROR_INVALID_PARAMETER, what, { count });
    if (count > 0) this.#mustBeWritable(medium, what);
    let written = 0;
    for (; written < count && this.#fits(0); written++) this.#track.append(kind, NO_BYTES);
    if (!immediate) medium.sync();
    if (written < count) this.#fail(S.ERROR_EOM_OVERFLOW, what, { count, written });
    if (count > 0 && this.#isNearEnd) this.#fail(S.ERROR_END_OF_MEDIA, what, { count, written });
  }

  read(into: Uint8Array): TapeTransfer {
    const what = 'reading a block';
    this.#ready(what);
    const transfer = this.#transfer;
    transfer.bytes = 0;
    transfer.status = S.NO_ERROR;
    const size = this.#blockSize;
    if (size !== 0 && into.length % size !== 0) this.#fail(S.ERROR_INVALID_BLOCK_LENGTH, what, { blockSize: size, memory: into.length });
    const track = this.#track;
    while (transfer.bytes < into.length) {
      const record = track.next();
      if (!record) {
        if (track.endStatus !== S.ERROR_NO_DATA_DETECTED) this.#fail(track.endStatus, what);
        transfer.status = track.endStatus;
        break;
      }
      const { kind, length } = record;
      if (kind !== RecordKind.BLOCK) {
        track.skip();
        if (kind === RecordKind.SETMARK && !this.#settings.reportSetmarks) continue;
        transfer.status = kind === RecordKind.SETMARK ? S.ERROR_SETMARK_DETECTED : S.ERROR_FILEMARK_DETECTED;
        break;
      }
      if (size === 0 ? length > into.length : length !== size) {
        track.skip();
        const details = { blockSize: length, memory: into.length, bytes: transfer.bytes };
        this.#fail(size === 0 ? S.ERROR_MORE_DATA : S.ERROR_INVALID_BLOCK_LENGTH, what, details);
      }
      const { number } = track;
      if (!track.readBlock(into, transfer.bytes)) this.#fail(S.ERROR_CRC, what, { block: number, bytes: transfer.bytes });
      transfer.bytes += length;
      if (size === 0) break;
    }
    return transfer;
  }

  write(data: Uint8Array): TapeTransfer {
    const what = 'writing a block';
    const medium = this.#ready(what);
    this.#mustBeWritable(medium, what);
    const transfer = this.#transfer;
    transfer.bytes = 0;
    transfer.status = S.NO_ERROR;
    const size = this.#blockSize === 0 ? data.length : this.#blockSize;
    if (size > medium.features.maximumBlockSize || (size !== 0 && data.length % size !== 0))
      this.#fail(S.ERROR_INVALID_BLOCK_LENGTH, what, { blockSize: size, bytes: data.length });
    const track = this.#track;
    while (transfer.bytes < data.length) {
      if (!this.#fits(size)) {
        transfer.status = S.ERROR_EOM_OVERFLOW;
        return transfer;
      }
      track.append(RecordKind.BLOCK, size === data.length ? data : data.subarray(transfer.bytes, transfer.bytes + size));
      transfer.bytes += size;
    }
    if (transfer.bytes > 0 && this.#isNearEnd) transfer.status = S.ERROR_END_OF_MEDIA;
    return transfer;
  }

  [Symbol.dispose](): void {
    const medium = this.#medium;
    this.#open = false;
    this.#medium = undefined;
    medium?.close();
  }

  get #track(): Track {
    return this.#medium!.tracks[this.#partition]!;
  }

  get #isNearEnd(): boolean {
    const { capacity, used } = this.#track;
    // A zone that was meant for the whole tape would leave nothing of a small partition.
    return capacity > 0 && used > capacity - Math.min(this.#settings.warningZone, capacity / 4);
  }

  #fits(length: number): boolean {
    const { capacity, used } = this.#track;
    return capacity === 0 || used + this.#track.roomFor(length) <= capacity;
  }

  #load(): void {
    const medium = this.parts.load();
    this.#medium = medium;
    this.#partition = 0;
    if (medium) this.#settings = medium.settings;
  }

  #protected(medium: Medium): boolean {
    return this.parts.readOnly || medium.writeProtected;
  }

  #mustBeWritable(medium: Medium, what: string): void {
    if (this.#protected(medium)) this.#fail(S.ERROR_WRITE_PROTECT, what);
  }

  #ready(what: string): Medium {
    if (this.#medium) return this.#medium;
    return this.#fail(this.#open ? S.ERROR_NO_MEDIA_IN_DRIVE : S.ERROR_NOT_READY, what);
  }

  #enter(medium: Medium, partition: number): Track {
    const index = partition === 0 ? this.#partition : partition - 1;
    const track = medium.tracks[index];
    if (!track) this.#fail(S.ERROR_DEVICE_NOT_PARTITIONED, 'moving the tape', { partition });
    if (index !== this.#partition) track.seek(0);
    this.#partition = index;
    return track;
  }

  #seek(track: Track, number: number): void {
    if (number < 0) this.#fail(S.ERROR_INVALID_PARAMETER, 'moving the tape', { offset: number });
    track.seek(Math.min(number, track.endNumber));
    if (number > track.endNumber) this.#fail(track.endStatus, 'moving the tape', { offset: number });
  }

  #stoppedBy(status: TapeStatusCode): void {
    if (status !== S.NO_ERROR) this.#fail(status, 'moving the tape');
  }

  #fail(status: Exclude<TapeStatusCode, 0>, what: string, details: Readonly<Record<string, unknown>> = {}): never {
    throw tapeError(status, this.name, what, details);
  }
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
