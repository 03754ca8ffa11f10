import { TapemarkType, TapePositionMethod, TapePrepare, TapeStatus } from '../../../src/index.js';

/** What stands on a tape: the bytes of a block, or a mark. */
export type Entry = Uint8Array | 'filemark' | 'setmark';

export interface Partition {
  readonly entries: Entry[];
  readonly capacity: number;
}

export interface Medium {
  partitions: Partition[];
  writeProtected: boolean;
}

export interface Counted {
  readonly status: number;
  readonly bytes: number;
}

const sizeOf = (entry: Entry): number => (typeof entry === 'string' ? 0 : entry.length);
const done = (bytes: number): Counted => ({ status: TapeStatus.NO_ERROR, bytes });

export const newMedium = (capacity: number): Medium => ({ partitions: [{ entries: [], capacity }], writeProtected: false });

/**
 * A tape drive with a cartridge, with the results that Microsoft documents of the tape backup functions: all numbers are Windows' own.
 * Blocks of variable or fixed size, filemarks and setmarks, partitions, an early warning.
 */
export class WindowsTape {
  medium: Medium | undefined;
  loaded = true;
  locked = false;
  blockSize = 0;
  compression = true;
  reportSetmarks = true;
  eotWarningZoneSize = 0x1_0000;
  /** From 1. */
  partition = 1;
  at = 0;
  /** The number that the next call answers instead of doing anything, by its name. */
  readonly failures = new Map<string, number>();

  constructor(medium: Medium) {
    this.medium = medium;
  }

  status(): number {
    return this.medium && this.loaded ? TapeStatus.NO_ERROR : TapeStatus.ERROR_NO_MEDIA_IN_DRIVE;
  }

  get current(): Partition {
    return this.medium!.partitions[this.partition - 1]!;
  }

  /** Bytes of all partitions. */
  get capacity(): number {
    return this.medium!.partitions.reduce((sum, { capacity }) => sum + capacity, 0);
  }

  get used(): number {
    return this.current.entries.slice(0, this.at).reduce((sum, entry) => sum + sizeOf(entry), 0);
  }

  read(size: number, into: (bytes: Uint8Array, at: number) => void): Counted {
    if (this.blockSize > 0 && size % this.blockSize !== 0) return { status: TapeStatus.ERROR_INVALID_PARAMETER, bytes: 0 };
    let bytes = 0;
    do {
      const entry = this.current.entries[this.at];
      if (entry === undefined) return { status: TapeStatus.ERROR_NO_DATA_DETECTED, bytes };
      this.at++;
      if (entry === 'setmark' && !this.reportSetmarks) continue;
      if (entry === 'setmark') return { status: TapeStatus.ERROR_SETMARK_DETECTED, bytes };
      if (entry === 'filemark') return { status: TapeStatus.ERROR_FILEMARK_DETECTED, bytes };
      if (this.blockSize > 0 && entry.length !== this.blockSize) return { status: TapeStatus.ERROR_INVALID_BLOCK_LENGTH, bytes: 0 };
      into(entry.subarray(0, size), bytes);
      if (entry.length > size) return { status: TapeStatus.ERROR_MORE_DATA, bytes: size };
      bytes += entry.length;
      if (this.blockSize === 0) return done(bytes);
    } while (bytes < size);
    return done(bytes);
  }

  write(data: Uint8Array): Counted {
    if (this.medium!.writeProtected) return { status: TapeStatus.ERROR_WRITE_PROTECT, bytes: 0 };
    const block = this.blockSize || data.length;
    if (data.length % block !== 0) return { status: TapeStatus.ERROR_INVALID_PARAMETER, bytes: 0 };
    for (let from = 0; from < data.length; from += block) {
      // STATUS_EOM_OVERFLOW is an error, not a warning: Windows leaves the count alone.
      if (this.used + block > this.current.capacity) return { status: TapeStatus.ERROR_EOM_OVERFLOW, bytes: 0 };
      this.#append(data.slice(from, from + block));
    }
    return { status: this.#warning(), bytes: data.length };
  }

  writeMarks(type: number, count: number): number {
    if (type > TapemarkType.LONG_FILEMARKS) return TapeStatus.ERROR_NOT_SUPPORTED;
    if (count === 0) return TapeStatus.NO_ERROR;
    if (this.medium!.writeProtected) return TapeStatus.ERROR_WRITE_PROTECT;
    for (let i = 0; i < count; i++) this.#append(type === TapemarkType.SETMARKS ? 'setmark' : 'filemark');
    return this.#warning();
  }

  erase(): number {
    if (this.medium!.writeProtected) return TapeStatus.ERROR_WRITE_PROTECT;
    this.current.entries.length = this.at;
    return TapeStatus.NO_ERROR;
  }

  prepare(operation: number): number {
    if (operation === TapePrepare.LOCK || operation === TapePrepare.UNLOCK) {
      this.locked = operation === TapePrepare.LOCK;
      return TapeStatus.NO_ERROR;
    }
    if (operation === TapePrepare.FORMAT) return this.createPartitions([this.capacity]);
    if (operation === TapePrepare.UNLOAD && this.locked) return TapeStatus.ERROR_UNABLE_TO_UNLOAD_MEDIA;
    [this.partition, this.at] = [1, 0];
    this.loaded = operation !== TapePrepare.UNLOAD;
    return TapeStatus.NO_ERROR;
  }

  /** @param sizes bytes of each */
  createPartitions(sizes: readonly number[]): number {
    if (this.medium!.writeProtected) return TapeStatus.ERROR_WRITE_PROTECT;
    this.medium!.partitions = sizes.map((capacity) => ({ entries: [], capacity }));
    [this.partition, this.at] = [1, 0];
    return TapeStatus.NO_ERROR;
  }

  position(method: number, partition: number, offset: number): number {
    const { REWIND, ABSOLUTE_BLOCK, LOGICAL_BLOCK, SPACE_END_OF_DATA, SPACE_RELATIVE_BLOCKS } = TapePositionMethod;
    const { SPACE_FILEMARKS, SPACE_SETMARKS, SPACE_SEQUENTIAL_FMKS, SPACE_SEQUENTIAL_SMKS } = TapePositionMethod;
    switch (method) {
      case REWIND: // of the current partition, whatever is named
        this.at = 0;
        return TapeStatus.NO_ERROR;
      case ABSOLUTE_BLOCK:
        return this.#locate(0, offset);
      case LOGICAL_BLOCK:
        return this.#locate(partition, offset);
      case SPACE_END_OF_DATA:
        return this.#locate(partition, undefined);
      case SPACE_RELATIVE_BLOCKS:
        return this.#spaceBlocks(offset);
      case SPACE_FILEMARKS:
        return this.#spaceMarks('filemark', offset, 1);
      case SPACE_SETMARKS:
        return this.#spaceMarks('setmark', offset, 1);
      case SPACE_SEQUENTIAL_FMKS:
        return this.#spaceMarks('filemark', Math.sign(offset), Math.abs(offset));
      case SPACE_SEQUENTIAL_SMKS:
        return this.#spaceMarks('setmark', Math.sign(offset), Math.abs(offset));
      default:
        return TapeStatus.ERROR_NOT_SUPPORTED;
    }
  }

  #append(entry: Entry): void {
    this.current.entries.length = this.at;
    this.current.entries.push(entry);
    this.at++;
  }

  #warning(): number {
    return this.current.capacity - this.used < this.eotWarningZoneSize ? TapeStatus.ERROR_END_OF_MEDIA : TapeStatus.NO_ERROR;
  }

  #locate(partition: number, offset: number | undefined): number {
    if (partition > this.medium!.partitions.length) return TapeStatus.ERROR_DEVICE_NOT_PARTITIONED;
    if (partition > 0) this.partition = partition;
    const end = this.current.entries.length;
    this.at = Math.min(offset ?? end, end);
    return offset !== undefined && offset > end ? TapeStatus.ERROR_NO_DATA_DETECTED : TapeStatus.NO_ERROR;
  }

  /** One step over an entry; undefined at either end. */
  #step(forward: boolean): Entry | undefined {
    const entry = this.current.entries[forward ? this.at : this.at - 1];
    if (entry !== undefined) this.at += forward ? 1 : -1;
    return entry;
  }

  #spaceBlocks(count: number): number {
    for (let left = Math.abs(count); left > 0;) {
      const entry = this.#step(count > 0);
      if (entry === undefined) return this.#ended(count > 0);
      if (entry === 'setmark' && !this.reportSetmarks) continue;
      if (entry === 'setmark') return TapeStatus.ERROR_SETMARK_DETECTED;
      if (entry === 'filemark') return TapeStatus.ERROR_FILEMARK_DETECTED;
      left--;
    }
    return TapeStatus.NO_ERROR;
  }

  /** Over `count` times `inRow` marks that nothing stands between. */
  #spaceMarks(kind: Entry, count: number, inRow: number): number {
    let row = 0;
    for (let left = Math.abs(count); left > 0;) {
      const entry = this.#step(count > 0);
      if (entry === undefined) return this.#ended(count > 0);
      row = entry === kind ? row + 1 : 0;
      if (row < inRow) continue;
      left--;
      row = 0;
    }
    return TapeStatus.NO_ERROR;
  }

  #ended(forward: boolean): number {
    return forward ? TapeStatus.ERROR_NO_DATA_DETECTED : TapeStatus.ERROR_BEGINNING_OF_MEDIA;
  }
}
