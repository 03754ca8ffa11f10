import {
  tapeError,
  TapePositionMethod,
  TapePrepare,
  TapeStatus,
  type TapeDrive,
  type TapeDriveParameters,
  type TapeMediaParameters,
  type TapePosition,
  type TapeStatusCode,
  type TapeTransfer,
} from '../api/index.js';

export type TapeCall = Exclude<keyof TapeDrive, 'name' | typeof Symbol.dispose>;

/**
 * What goes wrong: `media-error` the medium can be neither read nor written there · `bus-reset` the drive forgets its position and stands at
 * the beginning · `wrong-block-length` after a transfer that took place · `media-removed` there is no cartridge from then on, until one is
 * loaded · `media-changed` says that it may be another one · `end-of-medium` nothing more fits · `early-warning` all that is written warns
 * · `slow` it takes its time.
 */
export type TapeFaultKind =
  'media-error' | 'bus-reset' | 'wrong-block-length' | 'media-removed' | 'media-changed' | 'end-of-medium' | 'early-warning' | 'slow';

export interface TapeFault {
  readonly kind: TapeFaultKind;
  /** Which calls are counted; all of them where it is not given. Ends of media and warnings count writes and marks alone. */
  readonly call?: TapeCall;
  /** The number of the call that meets it, from 1. */
  readonly at: number;
  /** How many calls from there on do; 1 where it is not given, Infinity for ends of media and warnings. */
  readonly times?: number;
  /** Of `slow`. */
  readonly milliseconds?: number;
}

type Failure = Exclude<TapeStatusCode, 0>;
const STATUS: Partial<Readonly<Record<TapeFaultKind, Failure>>> = {
  'media-error': TapeStatus.ERROR_CRC,
  'bus-reset': TapeStatus.ERROR_BUS_RESET,
  'media-removed': TapeStatus.ERROR_NO_MEDIA_IN_DRIVE,
  'media-changed': TapeStatus.ERROR_MEDIA_CHANGED,
  'wrong-block-length': TapeStatus.ERROR_INVALID_BLOCK_LENGTH,
};
const LASTING: ReadonlySet<TapeFaultKind> = new Set(['end-of-medium', 'early-warning']);

/** A drive in whose calls faults happen where they are ordered. Everything else goes to the drive within. */
export class FaultyTapeDrive implements TapeDrive {
  readonly #calls = new Map<TapeFault, number>();
  #removed = false;
  /** How often a fault has happened. */
  happened = 0;

  constructor(
    private readonly drive: TapeDrive,
    private readonly faults: readonly TapeFault[],
  ) {}

  get name(): string {
    return this.drive.name;
  }

  getDriveParameters(): TapeDriveParameters {
    return this.#run('getDriveParameters', () => this.drive.getDriveParameters());
  }

  getMediaParameters(): TapeMediaParameters {
    return this.#run('getMediaParameters', () => this.drive.getMediaParameters());
  }

  setDriveParameters(settings: Parameters<TapeDrive['setDriveParameters']>[0]): void {
    this.#run('setDriveParameters', () => this.drive.setDriveParameters(settings));
  }

  setMediaParameters(settings: Parameters<TapeDrive['setMediaParameters']>[0]): void {
    this.#run('setMediaParameters', () => this.drive.setMediaParameters(settings));
  }

  getTapePosition(type: Parameters<TapeDrive['getTapePosition']>[0]): TapePosition {
    return this.#run('getTapePosition', () => this.drive.getTapePosition(type));
  }

  getTapeStatus(): TapeStatusCode {
    const fault = this.#due('getTapeStatus').find(({ kind }) => STATUS[kind] !== undefined);
    if (fault?.kind === 'media-removed') this.#removed = true;
    if (this.#removed) return TapeStatus.ERROR_NO_MEDIA_IN_DRIVE;
    return (fault && STATUS[fault.kind]) ?? this.drive.getTapeStatus();
  }

  prepareTape(...args: Parameters<TapeDrive['prepareTape']>): void {
    if (args[0] === TapePrepare.LOAD) this.#removed = false;
    this.#run('prepareTape', () => this.drive.prepareTape(...args));
  }

  setTapePosition(...args: Parameters<TapeDrive['setTapePosition']>): void {
    this.#run('setTapePosition', () => this.drive.setTapePosition(...args));
  }

  eraseTape(...args: Parameters<TapeDrive['eraseTape']>): void {
    this.#run('eraseTape', () => this.drive.eraseTape(...args));
  }

  createTapePartition(...args: Parameters<TapeDrive['createTapePartition']>): void {
    this.#run('createTapePartition', () => this.drive.createTapePartition(...args));
  }

  writeTapemark(...args: Parameters<TapeDrive['writeTapemark']>): void {
    this.#run('writeTapemark', (end) => {
      if (end === 'end-of-medium' && args[1] > 0) this.#fail(TapeStatus.ERROR_EOM_OVERFLOW, 'writeTapemark');
      this.drive.writeTapemark(...args);
      if (end === 'early-warning' && args[1] > 0) this.#fail(TapeStatus.ERROR_END_OF_MEDIA, 'writeTapemark');
    });
  }

  read(into: Uint8Array): TapeTransfer {
    return this.#run('read', () => this.drive.read(into));
  }

  write(data: Uint8Array): TapeTransfer {
    return this.#run('write', (end) => {
      if (end === 'end-of-medium') return { bytes: 0, status: TapeStatus.ERROR_EOM_OVERFLOW };
      const transfer = this.drive.write(data);
      if (end === 'early-warning' && transfer.status === TapeStatus.NO_ERROR) transfer.status = TapeStatus.ERROR_END_OF_MEDIA;
      return transfer;
    });
  }

  [Symbol.dispose](): void {
    this.drive[Symbol.dispose]();
  }

  #run<T>(call: TapeCall, action: (end: TapeFaultKind | undefined) => T): T {
    let end: TapeFaultKind | undefined;
    for (const { kind, milliseconds = 10 } of this.#due(call)) {
      const status = STATUS[kind];
      if (kind === 'slow') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
      if (LASTING.has(kind) && end !== 'end-of-medium') end = kind;
      if (kind === 'media-removed') this.#removed = true;
      if (kind === 'bus-reset') this.drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
      if (kind === 'wrong-block-length') action(end);
      if (status !== undefined && !this.#removed) this.#fail(status, call);
    }
    if (this.#removed) this.#fail(TapeStatus.ERROR_NO_MEDIA_IN_DRIVE, call);
    return action(end);
  }

  /** Counts a call. @returns the faults that it meets */
  #due(call: TapeCall): TapeFault[] {
    return this.faults.filter((fault) => {
      const writes = call === 'write' || call === 'writeTapemark';
      if (fault.call === undefined ? LASTING.has(fault.kind) && !writes : fault.call !== call) return false;
      const count = (this.#calls.get(fault) ?? 0) + 1;
      this.#calls.set(fault, count);
      const times = fault.times ?? (LASTING.has(fault.kind) ? Infinity : 1);
      const due = count >= fault.at && count < fault.at + times;
      if (due) this.happened++;
      return due;
    });
  }

  #fail(status: Failure, call: TapeCall): never {
    throw tapeError(status, this.name, `${call} (a fault that was ordered)`);
  }
}
