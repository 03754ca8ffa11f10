import {
  TapeErase,
  TapemarkType,
  TapePartitionMethod,
  TapePositionMethod,
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
import { AlignedMemory } from './aligned-memory.js';
import type { Handle, TapeCalls } from './ffi/tape-functions.js';
import { TapeGetDriveParameters, TapeGetMediaParameters, TapeSetDriveParameters, TapeSetMediaParameters } from './layouts/tape.layout.js';
import { statusOf, windowsTapeError } from './windows-tape-error.js';

/** Of GetTapeParameters and SetTapeParameters. */
const Information = { MEDIA: 0, DRIVE: 1 } as const;
/** TAPE_DRIVE_HIGH_FEATURES: no feature, but in each of them. */
const HIGH_FEATURES = 0x8000_0000;
const INVALID_HANDLE: Handle = -1;
const TWO_32 = 0x1_0000_0000;
/** Windows' answer to memory that is no multiple of the block size, of some drivers. */
const ERROR_INVALID_USER_BUFFER = 1784;

/** What ReadFile and WriteFile fail with that is no failure here. */
const READING: ReadonlySet<number> = new Set([
  TapeStatus.ERROR_FILEMARK_DETECTED,
  TapeStatus.ERROR_SETMARK_DETECTED,
  TapeStatus.ERROR_NO_DATA_DETECTED,
  TapeStatus.ERROR_END_OF_MEDIA,
]);
const WRITING: ReadonlySet<number> = new Set([TapeStatus.ERROR_END_OF_MEDIA, TapeStatus.ERROR_EOM_OVERFLOW]);

type Constants = Readonly<Record<string, number>>;

/** A drive of Windows, through its own functions. Errors have the function's name in `details.call`. */
export class WindowsTapeDrive implements TapeDrive {
  #handle: Handle;
  readonly #memory: AlignedMemory;
  /** DWORDs that functions answer: a count; partition, low and high. */
  readonly #words = new Uint8Array(16);
  readonly #view = new DataView(this.#words.buffer);
  readonly #count = this.#words.subarray(0, 4);
  readonly #transfer: { bytes: number; status: TapeStatusCode } = { bytes: 0, status: TapeStatus.NO_ERROR };

  /** @param handle closed with the drive */
  constructor(
    readonly name: string,
    private readonly calls: TapeCalls,
    handle: Handle,
    private readonly mode: 'read' | 'write',
  ) {
    this.#handle = handle;
    this.#memory = new AlignedMemory(calls.addressOf);
  }

  [Symbol.dispose](): void {
    const handle = this.#handle;
    if (handle === INVALID_HANDLE) return;
    this.#handle = INVALID_HANDLE;
    this.calls.CloseHandle(handle);
  }

  getDriveParameters(): TapeDriveParameters {
    const into = new Uint8Array(TapeGetDriveParameters.size);
    this.#getParameters(Information.DRIVE, into);
    const { ecc, compression, dataPadding, reportSetmarks, featuresHigh, ...numbers } = TapeGetDriveParameters.decode(into);
    return {
      ...numbers,
      ecc: ecc !== 0,
      compression: compression !== 0,
      dataPadding: dataPadding !== 0,
      reportSetmarks: reportSetmarks !== 0,
      featuresHigh: (featuresHigh & ~HIGH_FEATURES) >>> 0,
    };
  }

  getMediaParameters(): TapeMediaParameters {
    const into = new Uint8Array(TapeGetMediaParameters.size);
    this.#getParameters(Information.MEDIA, into);
    const { capacity, remaining, blockSize, partitionCount, writeProtected } = TapeGetMediaParameters.decode(into);
    return {
      capacity: unsigned(capacity),
      remaining: unsigned(remaining),
      blockSize,
      partitionCount,
      writeProtected: writeProtected !== 0,
    };
  }

  setDriveParameters(settings: TapeDriveSettings): void {
    const { ecc, compression, dataPadding, reportSetmarks, eotWarningZoneSize } = { ...this.getDriveParameters(), ...settings };
    this.#dword('SetTapeParameters', eotWarningZoneSize);
    const value = {
      ecc: Number(ecc),
      compression: Number(compression),
      dataPadding: Number(dataPadding),
      reportSetmarks: Number(reportSetmarks),
      eotWarningZoneSize,
    };
    this.#setParameters(Information.DRIVE, TapeSetDriveParameters.encode(value));
  }

  setMediaParameters({ blockSize }: { readonly blockSize: number }): void {
    if (!isDword(blockSize)) throw this.#error('SetTapeParameters', TapeStatus.ERROR_INVALID_BLOCK_LENGTH);
    this.#setParameters(Information.MEDIA, TapeSetMediaParameters.encode({ blockSize }));
  }

  getTapePosition(type: ValueOf<typeof TapePositionType>): TapePosition {
    this.#known('GetTapePosition', TapePositionType, type);
    const [partition, low, high] = [0, 4, 8].map((at) => this.#words.subarray(at, at + 4)) as [Uint8Array, Uint8Array, Uint8Array];
    this.#words.fill(0);
    this.#check('GetTapePosition', this.calls.GetTapePosition(this.#handle, type, partition, low, high));
    const offset = this.#view.getUint32(8, true) * TWO_32 + this.#view.getUint32(4, true);
    // An address of the device's own that a number cannot hold; positions of any cartridge are far below.
    if (!Number.isSafeInteger(offset)) throw this.#error('GetTapePosition', TapeStatus.ERROR_NOT_SUPPORTED);
    return { partition: this.#view.getUint32(0, true), offset };
  }

  getTapeStatus(): TapeStatusCode {
    return statusOf(this.calls.GetTapeStatus(this.#handle));
  }

  prepareTape(operation: ValueOf<typeof TapePrepare>, immediate = false): void {
    this.#known('PrepareTape', TapePrepare, operation);
    if (operation === TapePrepare.FORMAT) this.#mayWrite('PrepareTape');
    this.#check('PrepareTape', this.calls.PrepareTape(this.#handle, operation, Number(immediate)));
  }

  setTapePosition(method: ValueOf<typeof TapePositionMethod>, partition: number, offset: number, immediate = false): void {
    this.#known('SetTapePosition', TapePositionMethod, method);
    this.#dword('SetTapePosition', partition);
    if (!Number.isSafeInteger(offset)) throw this.#error('SetTapePosition', TapeStatus.ERROR_INVALID_PARAMETER);
    if (method === TapePositionMethod.REWIND && partition > 0) {
      this.#rewind(partition, immediate);
      return;
    }
    this.#position(method, partition, offset, immediate);
  }

  eraseTape(type: ValueOf<typeof TapeErase>, immediate = false): void {
    this.#known('EraseTape', TapeErase, type);
    this.#mayWrite('EraseTape');
    this.#check('EraseTape', this.calls.EraseTape(this.#handle, type, Number(immediate)));
  }

  createTapePartition(method: ValueOf<typeof TapePartitionMethod>, count: number, sizeMegabytes: number): void {
    this.#known('CreateTapePartition', TapePartitionMethod, method);
    this.#mayWrite('CreateTapePartition');
    this.#dword('CreateTapePartition', count);
    this.#dword('CreateTapePartition', sizeMegabytes);
    this.#check('CreateTapePartition', this.calls.CreateTapePartition(this.#handle, method, count, sizeMegabytes));
  }

  writeTapemark(type: ValueOf<typeof TapemarkType>, count: number, immediate = false): void {
    this.#known('WriteTapemark', TapemarkType, type);
    this.#mayWrite('WriteTapemark');
    this.#dword('WriteTapemark', count);
    this.#check('WriteTapemark', this.calls.WriteTapemark(this.#handle, type, count, Number(immediate)));
  }

  read(into: Uint8Array): TapeTransfer {
    const memory = this.#memory.like(into);
    const number = this.#transferred(this.calls.ReadFile(this.#handle, memory, memory.length, this.#counting(0), null));
    if (memory !== into) into.set(memory.subarray(0, this.#transfer.bytes));
    // Nothing, and no mark that says why: whoever reads on until one comes would do so for ever.
    if (number === TapeStatus.NO_ERROR && this.#transfer.bytes === 0 && into.length > 0) throw this.#error('ReadFile', number);
    return this.#judged('ReadFile', number, READING, into.length);
  }

  write(data: Uint8Array): TapeTransfer {
    this.#mayWrite('WriteFile');
    const memory = this.#memory.like(data);
    if (memory !== data) memory.set(data);
    const number = this.#transferred(this.calls.WriteFile(this.#handle, memory, memory.length, this.#counting(0), null));
    if (number === TapeStatus.NO_ERROR && this.#transfer.bytes !== data.length) throw this.#error('WriteFile', number);
    return this.#judged('WriteFile', number, WRITING, data.length);
  }

  /** The DWORD that a call reads or answers, holding `value`. */
  #counting(value: number): Uint8Array {
    this.#view.setUint32(0, value, true);
    return this.#count;
  }

  /** Keeps how many bytes there were, which failed calls tell too, and answers the error's number. */
  #transferred(done: number): number {
    const number = done !== 0 ? TapeStatus.NO_ERROR : this.calls.GetLastError();
    this.#transfer.bytes = this.#view.getUint32(0, true);
    return done === 0 && number === TapeStatus.NO_ERROR ? TapeStatus.ERROR_IO_DEVICE : number;
  }

  #judged(call: string, number: number, fine: ReadonlySet<number>, length: number): TapeTransfer {
    if (number !== TapeStatus.NO_ERROR && !fine.has(number))
      throw this.#error(call, this.#isOddLength(number, length) ? TapeStatus.ERROR_INVALID_BLOCK_LENGTH : number);
    this.#transfer.status = number as TapeStatusCode;
    return this.#transfer;
  }

  /** Whether a transfer failed because it is no multiple of the fixed block size, for which drivers have several numbers. */
  #isOddLength(number: number, length: number): boolean {
    if (number !== TapeStatus.ERROR_INVALID_PARAMETER && number !== ERROR_INVALID_USER_BUFFER) return false;
    const into = new Uint8Array(TapeGetMediaParameters.size);
    if (this.calls.GetTapeParameters(this.#handle, Information.MEDIA, this.#counting(into.length), into) !== TapeStatus.NO_ERROR)
      return false;
    const { blockSize } = TapeGetMediaParameters.decode(into);
    return blockSize > 0 && length % blockSize !== 0;
  }

  /** To the beginning of a partition: TAPE_REWIND knows the current one alone. */
  #rewind(partition: number, immediate: boolean): void {
    const { partitionCount } = this.getMediaParameters();
    if (partition > Math.max(1, partitionCount)) throw this.#error('SetTapePosition', TapeStatus.ERROR_DEVICE_NOT_PARTITIONED);
    const { REWIND, LOGICAL_BLOCK } = TapePositionMethod;
    this.#position(partitionCount > 1 ? LOGICAL_BLOCK : REWIND, partition, 0, immediate);
  }

  #position(method: number, partition: number, offset: number, immediate: boolean): void {
    const bits = BigInt.asUintN(64, BigInt(offset));
    const [low, high] = [Number(bits & 0xffff_ffffn), Number(bits >> 32n)];
    this.#check('SetTapePosition', this.calls.SetTapePosition(this.#handle, method, partition, low, high, Number(immediate)));
  }

  #getParameters(information: number, into: Uint8Array): void {
    this.#check('GetTapeParameters', this.calls.GetTapeParameters(this.#handle, information, this.#counting(into.length), into));
  }

  #setParameters(information: number, from: Uint8Array): void {
    const number = this.calls.SetTapeParameters(this.#handle, information, from);
    // The block size is all that those of the medium are.
    const blockSize = information === Information.MEDIA && number === TapeStatus.ERROR_INVALID_PARAMETER;
    this.#check('SetTapeParameters', blockSize ? TapeStatus.ERROR_INVALID_BLOCK_LENGTH : number);
  }

  #check(call: string, number: number): void {
    if (number !== TapeStatus.NO_ERROR) throw this.#error(call, number);
  }

  /** @throws TAPE_UNSUPPORTED: drivers answer with several numbers to an operation that there is not. */
  #known(call: string, constants: Constants, value: number): void {
    if (!Object.values(constants).includes(value)) throw this.#error(call, TapeStatus.ERROR_NOT_SUPPORTED);
  }

  #dword(call: string, value: number): void {
    if (!isDword(value)) throw this.#error(call, TapeStatus.ERROR_INVALID_PARAMETER);
  }

  #mayWrite(call: string): void {
    if (this.mode === 'read') throw this.#error(call, TapeStatus.ERROR_WRITE_PROTECT);
  }

  #error(call: string, number: number) {
    return windowsTapeError(this.name, call, number);
  }
}

const isDword = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < TWO_32;

/** A LARGE_INTEGER of bytes; below 0 where a driver does not know. */
const unsigned = (value: bigint): number => Math.max(0, Number(BigInt.asIntN(64, value)));
