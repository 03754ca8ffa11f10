import type { TapeStatusCode } from '../api/index.js';

/** A record on a track. The object is the track's own and holds until its next call. */
export interface TapeRecord {
  /** One of RecordKind. */
  readonly kind: number;
  /** Bytes; 0 for marks. */
  readonly length: number;
}

export interface TapeMark {
  readonly number: number;
  readonly kind: number;
}

/** One partition: a row of records, and a place between two of them. Numbers count records from its beginning. */
export interface Track {
  /** Records before the place where it stands. */
  readonly number: number;
  /** Bytes before the place where it stands. */
  readonly used: number;
  /** Bytes; 0 where there is no limit. */
  readonly capacity: number;
  /** Records on the track. */
  readonly endNumber: number;
  /** What is met behind the last record: NO_DATA_DETECTED, or ERROR_CRC where more may follow that cannot be read. */
  readonly endStatus: Exclude<TapeStatusCode, 0>;
  /** The record that follows; undefined at the end of data. */
  next(): TapeRecord | undefined;
  /** Goes to a place; those behind the end of data do not exist. */
  seek(number: number): void;
  /** The first mark at or behind a place. */
  markFrom(number: number): TapeMark | undefined;
  /** The last mark before a place. */
  markBefore(number: number): TapeMark | undefined;
  /** Goes behind the block that follows and puts its bytes into `into` at `at`. False: they are damaged. */
  readBlock(into: Uint8Array, at: number): boolean;
  /** Goes behind the record that follows. */
  skip(): void;
  /** Bytes of the track that a block takes. */
  roomFor(length: number): number;
  /** Writes a record; what followed is gone. */
  append(kind: number, data: Uint8Array): void;
  /** Makes the end of data here. `wipe`: what followed can be read by no means any more. */
  truncate(wipe: boolean): void;
}

/** What a medium can hold. */
export interface MediumFeatures {
  readonly setmarks: boolean;
  readonly partitions: boolean;
  readonly maximumBlockSize: number;
  /** It keeps what a drive is set to. */
  readonly settings: boolean;
}

export interface MediumSettings {
  readonly compression: boolean;
  readonly reportSetmarks: boolean;
  readonly warningZone: number;
}

/** A cartridge that is in a drive. */
export interface Medium {
  readonly path: string;
  readonly features: MediumFeatures;
  readonly writeProtected: boolean;
  readonly tracks: readonly Track[];
  readonly settings: MediumSettings;
  set(settings: Partial<MediumSettings>): void;
  /** Erases everything and divides what there is. Sizes in bytes. */
  divide(sizes: readonly number[]): void;
  /** Bytes of all partitions; 0 where there is no limit. */
  readonly capacity: number;
  /** Returns once everything that was written is on the disk. */
  sync(): void;
  /** The same, and lets others use the cartridge. */
  close(): void;
}

/** Block numbers as absolute addresses: those of each partition begin at a multiple of this. */
export const PARTITION_STRIDE = 2 ** 44;
export const MAXIMUM_BLOCK_SIZE = 1 << 24;
export const MAXIMUM_PARTITIONS = 16;

/**
 * Bytes before the end in which writing warns, where nobody says how many: room for the block that meets it and for what ends a cartridge, in blocks
 * of 64 KiB.
 */
export const usualWarningZone = (capacity: number): number => Math.min(16 << 20, Math.max(256 << 10, Math.floor(capacity / 16)));
