import { token } from '@winback/core/base';
import type {
  TapeErase,
  TapemarkType,
  TapePartitionMethod,
  TapePositionMethod,
  TapePositionType,
  TapePrepare,
  ValueOf,
} from './tape-constants.js';
import type { TapeDriveParameters, TapeDriveSettings, TapeMediaParameters, TapePosition } from './tape-parameters.js';
import type { TapeStatusCode } from './tape-status.js';

/** What came of a transfer: one object for each drive, valid until the next transfer. */
export interface TapeTransfer {
  /** Bytes that were read, or that are on the tape. */
  bytes: number;
  /**
   * NO_ERROR, or what was met besides. Reading: ERROR_FILEMARK_DETECTED, ERROR_SETMARK_DETECTED (both with the position behind the mark),
   * ERROR_NO_DATA_DETECTED, ERROR_END_OF_MEDIA. Writing: ERROR_END_OF_MEDIA (the early warning: all bytes are on the tape), ERROR_EOM_OVERFLOW
   * (`bytes` are, the rest is not).
   */
  status: TapeStatusCode;
}

/** The drive took less than it was given. */
export interface TapeStop {
  /** What was put and is not on the tape, whole blocks one behind the other. Nobody writes them any more. */
  readonly unwritten: Uint8Array;
}

/**
 * Memory between a program and its drive, so that the drive does not stand still while the program makes the next block, nor the program while the drive
 * takes one. What is put is written in order; every other call waits until all of it is on its way to the medium.
 */
export interface TapeBuffer {
  /** Bytes that it can hold. */
  readonly size: number;
  /** Bytes that it holds: put and not written yet, or read and not asked for yet. */
  readonly filled: number;
  /**
   * Takes one block of data, all of one size until {@link drain}. An answer means that the drive warned of the end of the medium
   * (ERROR_END_OF_MEDIA) behind the last block before `unwritten`, or that `unwritten` does not fit.
   * @throws TapeError for this block or an earlier one; then nothing that was put waits any more
   */
  put(block: Uint8Array): TapeStop | undefined;
  /** Waits until everything is with the drive. Answers and throws as {@link put} does. */
  drain(): TapeStop | undefined;
}

/**
 * A tape drive that is open: the tape backup functions of Windows, with ReadFile and WriteFile, under their own names and with their own meaning.
 * Synchronous: whoever must not wait runs it in a thread. A number that the drive does not know as an operation is ERROR_NOT_SUPPORTED
 * (TAPE_UNSUPPORTED); what it can its parameters tell. `immediate` asks not to wait for the end; drives that cannot wait all the same.
 *
 * Every call throws a TapeError for what it met, with Windows' number in `details.status`; {@link read} and {@link write} answer with those
 * that are no failure. Calls after a failed one find the drive where it stopped.
 */
export interface TapeDrive extends Disposable {
  /** Shown to people, and what opens it again: `/dev/nst0`, `cartridge.img`, `\\.\TAPE0`. */
  readonly name: string;
  /** Absolute paths of the files that the medium is kept in, where it is; a backup leaves them out of itself. */
  readonly localFiles?: readonly string[] | undefined;
  /** Where the drive works beside its user. */
  readonly buffer?: TapeBuffer | undefined;
  /** GetTapeParameters with GET_TAPE_DRIVE_INFORMATION. */
  getDriveParameters(): TapeDriveParameters;
  /** GetTapeParameters with GET_TAPE_MEDIA_INFORMATION. @throws TAPE_NO_MEDIA_IN_DRIVE, TAPE_NOT_READY */
  getMediaParameters(): TapeMediaParameters;
  /** SetTapeParameters with SET_TAPE_DRIVE_INFORMATION. */
  setDriveParameters(settings: TapeDriveSettings): void;
  /** SetTapeParameters with SET_TAPE_MEDIA_INFORMATION: bytes of a block; 0 for blocks of any size. @throws TAPE_INVALID_BLOCK_LENGTH */
  setMediaParameters(settings: { readonly blockSize: number }): void;
  getTapePosition(type: ValueOf<typeof TapePositionType>): TapePosition;
  /** Whether the drive can take commands: NO_ERROR, ERROR_NO_MEDIA_IN_DRIVE, ERROR_MEDIA_CHANGED, … Never throws for what the drive says. */
  getTapeStatus(): TapeStatusCode;
  prepareTape(operation: ValueOf<typeof TapePrepare>, immediate?: boolean): void;
  /**
   * @param partition from 1; 0: the current one
   * @param offset a block address, or how many blocks or marks to move over; negative: back
   * @throws TAPE_FILEMARK_DETECTED, TAPE_SETMARK_DETECTED (blocks stop behind a mark, or before it when moving back), TAPE_NO_DATA_DETECTED,
   * TAPE_BEGINNING_OF_MEDIA, TAPE_END_OF_MEDIA, TAPE_DEVICE_NOT_PARTITIONED
   */
  setTapePosition(method: ValueOf<typeof TapePositionMethod>, partition: number, offset: number, immediate?: boolean): void;
  eraseTape(type: ValueOf<typeof TapeErase>, immediate?: boolean): void;
  /** @param sizeMegabytes of the second partition with INITIATOR; else ignored */
  createTapePartition(method: ValueOf<typeof TapePartitionMethod>, count: number, sizeMegabytes: number): void;
  /** What was written before is on the medium once marks are written without `immediate`; no marks at all (0) do just that. */
  writeTapemark(type: ValueOf<typeof TapemarkType>, count: number, immediate?: boolean): void;
  /**
   * Blocks of variable size: one. Of fixed size: as many as fit, up to a mark.
   * @throws TAPE_INVALID_BLOCK_LENGTH when a block is larger than `into` (ERROR_MORE_DATA; the position is behind it), when `into` is no multiple of the
   * fixed block size, or when a block has another size
   */
  read(into: Uint8Array): TapeTransfer;
  /** One block, or as many as `data` has of the fixed size. @throws TAPE_INVALID_BLOCK_LENGTH, TAPE_WRITE_PROTECT */
  write(data: Uint8Array): TapeTransfer;
}

export interface OpenTapeOptions {
  /** `read` writes nothing, whatever is asked of it (TAPE_WRITE_PROTECT). */
  readonly mode: 'read' | 'write';
  /** A medium that does not exist yet is made, where media are files. */
  readonly create?: boolean;
}

/** A module that makes a driver, in whatever thread loads it. */
export interface DriverInThread {
  /** URL of the module. */
  readonly module: string;
  /** The function that it exports: `() => TapeDriver`. */
  readonly make: string;
}

/** Opens drives of one kind. */
export interface TapeDriver {
  /** One word for people: `image`, `st`, `iscsi`, `windows`. */
  readonly name: string;
  /** One line for `winback plugin list`. */
  readonly description: string;
  /** Whether an address, what follows `tape:`, is one of its own. */
  claims(address: string): boolean;
  /** MUST NOT throw, MUST NOT touch a drive. */
  probe(): { readonly available: true } | { readonly available: false; readonly reason: string };
  /** @throws TAPE_NOT_FOUND, TAPE_LOCKED, TAPE_ACCESS_DENIED, TAPE_NOT_READY */
  open(address: string, options: OpenTapeOptions): TapeDrive;
  /** How another thread makes such a driver; without it drives work in the thread of their user. */
  readonly inThread?: DriverInThread | undefined;
}
export const TAPE_DRIVER = token<TapeDriver>('@winback/tape/TapeDriver');

/** A cartridge in a changer. */
export interface ChangerElement {
  readonly kind: 'drive' | 'slot' | 'transfer';
  /** As the changer numbers it. */
  readonly address: number;
  readonly full: boolean;
  /** Barcode; undefined where nobody reads one. */
  readonly volumeTag?: string | undefined;
  /** Of a drive that holds a cartridge: the slot that it came from. */
  readonly source?: number | undefined;
}

/** A media changer that is open. Synchronous, as drives are. */
export interface TapeChanger extends Disposable {
  readonly name: string;
  elements(): readonly ChangerElement[];
  /** Moves a cartridge. @throws TAPE_NO_MEDIA_IN_DRIVE when `from` is empty, TAPE_INVALID_PARAMETER when `to` is full or there is none */
  move(from: number, to: number): void;
}

/** A changer that is to be made of nothing. */
export interface NewChanger {
  readonly drives: number;
  readonly slots: number;
  /** How many slots have a cartridge; all of them where it is not given. */
  readonly cartridges?: number;
  /** Bytes of each cartridge; without a limit where it is not given. */
  readonly capacity?: number;
}

/** Opens changers of one kind. */
export interface TapeChangerDriver {
  readonly name: string;
  claims(address: string): boolean;
  open(address: string): TapeChanger;
  /** Makes a changer, where changers can be made. @throws TAPE_INVALID_PARAMETER when there is one already */
  create?(address: string, changer: NewChanger): TapeChanger;
}
export const TAPE_CHANGER_DRIVER = token<TapeChangerDriver>('@winback/tape/TapeChangerDriver');
