import {
  FeaturesHigh,
  FeaturesLow,
  TapePositionMethod,
  tapeError,
  TapeStatus,
  type TapeDrive,
  type TapeDriveParameters,
  type TapeMediaParameters,
  type TapePosition,
  type TapeStatusCode,
  type TapeTransfer,
} from '../../src/api/index.js';

/** Blocks and marks that fit after the warning, where a cartridge does not say. */
const WARNING_ZONE = 64;

/** A cartridge in memory: blocks and filemarks. */
export interface MemoryCartridge {
  items: (Uint8Array | 'filemark')[];
  /** Blocks and marks after which the drive warns; a few more fit. */
  readonly room: number;
  /** Blocks and marks that fit after the warning. */
  readonly zone?: number;
  /** Blocks that cannot be read. */
  readonly bad: Set<number>;
}

export const blankCartridge = (room = Infinity, zone = WARNING_ZONE): MemoryCartridge => ({ items: [], room, zone, bad: new Set() });

/** As much of a drive as sets need, with blocks of any size. */
export class MemoryDrive implements TapeDrive {
  #at = 0;
  disposed = 0;
  /** Calls that moved the tape or its data. */
  reads = 0;
  moves = 0;
  readonly #transfer: TapeTransfer = { bytes: 0, status: TapeStatus.NO_ERROR };

  constructor(
    readonly name: string,
    public cartridge: MemoryCartridge,
    /** Whether it tells and goes to positions. */
    private readonly positions = true,
  ) {}

  load(cartridge: MemoryCartridge): void {
    this.cartridge = cartridge;
    this.#at = 0;
  }

  getDriveParameters(): TapeDriveParameters {
    const flags = { ecc: false, compression: false, dataPadding: false, reportSetmarks: false };
    const featuresLow = FeaturesLow.VARIABLE_BLOCK | FeaturesLow.ERASE_SHORT | (this.positions ? FeaturesLow.GET_LOGICAL_BLK : 0);
    const featuresHigh = FeaturesHigh.FILEMARKS | FeaturesHigh.END_OF_DATA | (this.positions ? FeaturesHigh.LOGICAL_BLK : 0);
    const sizes = { defaultBlockSize: 65_536, maximumBlockSize: 1 << 24, minimumBlockSize: 1, maximumPartitionCount: 1 };
    return { ...flags, ...sizes, featuresLow, featuresHigh, eotWarningZoneSize: 0 };
  }

  getMediaParameters(): TapeMediaParameters {
    return { capacity: 0, remaining: 0, blockSize: 0, partitionCount: 1, writeProtected: false };
  }

  setDriveParameters(): void {
    throw tapeError(TapeStatus.ERROR_NOT_SUPPORTED, this.name, 'setting');
  }
  setMediaParameters(): void {
    // Blocks have the size that they are written with.
  }
  getTapePosition(): TapePosition {
    if (!this.positions) throw tapeError(TapeStatus.ERROR_NOT_SUPPORTED, this.name, 'telling the position');
    return { partition: 1, offset: this.#at };
  }
  getTapeStatus(): TapeStatusCode {
    return TapeStatus.NO_ERROR;
  }
  prepareTape(): void {
    throw tapeError(TapeStatus.ERROR_NOT_SUPPORTED, this.name, 'preparing');
  }

  setTapePosition(method: number, _partition: number, offset: number): void {
    this.moves++;
    const { items } = this.cartridge;
    if (method === TapePositionMethod.REWIND) this.#at = 0;
    else if (method === TapePositionMethod.SPACE_END_OF_DATA) this.#at = items.length;
    else if (method === TapePositionMethod.LOGICAL_BLOCK && this.positions) {
      if (offset > items.length) throw tapeError(TapeStatus.ERROR_NO_DATA_DETECTED, this.name, 'positioning');
      this.#at = offset;
    } else if (method === TapePositionMethod.SPACE_FILEMARKS) {
      for (let left = offset; left > 0; left--) {
        const mark = items.indexOf('filemark', this.#at);
        this.#at = mark < 0 ? items.length : mark + 1;
        if (mark < 0) throw tapeError(TapeStatus.ERROR_NO_DATA_DETECTED, this.name, 'spacing');
      }
    } else throw tapeError(TapeStatus.ERROR_NOT_SUPPORTED, this.name, 'positioning');
  }

  eraseTape(): void {
    this.cartridge.items.length = this.#at;
  }
  createTapePartition(): void {
    throw tapeError(TapeStatus.ERROR_NOT_SUPPORTED, this.name, 'partitioning');
  }

  writeTapemark(_type: number, count: number): void {
    for (let i = 0; i < count; i++) this.#put('filemark');
    if (this.#at > this.cartridge.room) throw tapeError(TapeStatus.ERROR_END_OF_MEDIA, this.name, 'writing marks');
  }

  read(into: Uint8Array): TapeTransfer {
    this.reads++;
    const item = this.cartridge.items[this.#at];
    if (item === undefined) return this.#answer(0, TapeStatus.ERROR_NO_DATA_DETECTED);
    const at = this.#at++;
    if (this.cartridge.bad.has(at)) throw tapeError(TapeStatus.ERROR_CRC, this.name, `reading block ${String(at)}`);
    if (item === 'filemark') return this.#answer(0, TapeStatus.ERROR_FILEMARK_DETECTED);
    if (item.length > into.length) throw tapeError(TapeStatus.ERROR_MORE_DATA, this.name, 'reading');
    into.set(item);
    return this.#answer(item.length, TapeStatus.NO_ERROR);
  }

  write(data: Uint8Array): TapeTransfer {
    if (this.#at >= this.cartridge.room + (this.cartridge.zone ?? WARNING_ZONE)) return this.#answer(0, TapeStatus.ERROR_EOM_OVERFLOW);
    this.#put(data.slice());
    return this.#answer(data.length, this.#at > this.cartridge.room ? TapeStatus.ERROR_END_OF_MEDIA : TapeStatus.NO_ERROR);
  }

  #put(item: Uint8Array | 'filemark'): void {
    const { items } = this.cartridge;
    items.length = this.#at;
    items.push(item);
    this.#at++;
  }

  #answer(bytes: number, status: TapeStatusCode): TapeTransfer {
    this.#transfer.bytes = bytes;
    this.#transfer.status = status;
    return this.#transfer;
  }

  [Symbol.dispose](): void {
    this.disposed++;
  }
}
