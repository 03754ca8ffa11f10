import { FeaturesHigh, FeaturesLow, TapePartitionMethod, TapeStatus } from '../../../src/index.js';
import type { TapeCalls } from '../../../src/win32/ffi/tape-functions.js';
import {
  TapeGetDriveParameters,
  TapeGetMediaParameters,
  TapeSetDriveParameters,
  TapeSetMediaParameters,
} from '../../../src/win32/layouts/tape.layout.js';
import type { WindowsTape } from './windows-tape.js';

const MEGABYTE = 0x10_0000;
const MAXIMUM_BLOCK = 0x4_0000;
const INVALID_HANDLE = -1;
const ERROR_INSUFFICIENT_BUFFER = 122;
const ERROR_INVALID_HANDLE = 6;
const MOST_PARTITIONS = 4;

const FEATURES_LOW =
  FeaturesLow.SELECT |
  FeaturesLow.INITIATOR |
  FeaturesLow.FIXED |
  FeaturesLow.ERASE_SHORT |
  FeaturesLow.ERASE_LONG |
  FeaturesLow.TAPE_CAPACITY |
  FeaturesLow.TAPE_REMAINING |
  FeaturesLow.FIXED_BLOCK |
  FeaturesLow.VARIABLE_BLOCK |
  FeaturesLow.WRITE_PROTECT |
  FeaturesLow.EOT_WZ_SIZE |
  FeaturesLow.SET_EOT_WZ_SIZE |
  FeaturesLow.COMPRESSION |
  FeaturesLow.REPORT_SMKS |
  FeaturesLow.GET_ABSOLUTE_BLK |
  FeaturesLow.GET_LOGICAL_BLK |
  FeaturesLow.EJECT_MEDIA;
/** With bit 31, as Windows' own constants have it. */
const FEATURES_HIGH =
  (0x8000_0000 |
    FeaturesHigh.LOAD_UNLOAD |
    FeaturesHigh.LOCK_UNLOCK |
    FeaturesHigh.TENSION |
    FeaturesHigh.REWIND_IMMEDIATE |
    FeaturesHigh.SET_BLOCK_SIZE |
    FeaturesHigh.SET_COMPRESSION |
    FeaturesHigh.SET_REPORT_SMKS |
    FeaturesHigh.ABSOLUTE_BLK |
    FeaturesHigh.LOGICAL_BLK |
    FeaturesHigh.END_OF_DATA |
    FeaturesHigh.RELATIVE_BLKS |
    FeaturesHigh.FILEMARKS |
    FeaturesHigh.SEQUENTIAL_FMKS |
    FeaturesHigh.SETMARKS |
    FeaturesHigh.SEQUENTIAL_SMKS |
    FeaturesHigh.REVERSE_POSITION |
    FeaturesHigh.WRITE_SETMARKS |
    FeaturesHigh.WRITE_FILEMARKS |
    FeaturesHigh.WRITE_SHORT_FMKS |
    FeaturesHigh.WRITE_LONG_FMKS |
    FeaturesHigh.FORMAT |
    FeaturesHigh.WRITE_MARK_IMMED) >>>
  0;

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
/** Where the memory is for an adapter that takes multiples of 512 only. */
const addressOf = (bytes: Uint8Array): bigint => BigInt(bytes.byteOffset + 16);
const ADAPTER_ALIGNMENT = 512n;
const setDword = (bytes: Uint8Array, value: number): void => view(bytes).setUint32(0, value, true);

/** The functions of kernel32.dll over tapes in memory, by their device names in capitals: `\\.\TAPE0`. */
export function standInCalls(tapes: ReadonlyMap<string, WindowsTape>): TapeCalls {
  let lastError = 0;
  let nextHandle = 0x100;
  const open = new Map<number, WindowsTape>();

  const fail = <T>(error: number, answer: T): T => {
    lastError = error;
    return answer;
  };
  /** The tape behind a handle, for a call that needs a cartridge; or the number that the call answers. */
  const ready = (name: string, handle: number, needsMedium = true): WindowsTape | number => {
    const tape = open.get(handle);
    if (!tape) return ERROR_INVALID_HANDLE;
    const failure = tape.failures.get(name);
    tape.failures.delete(name);
    if (failure !== undefined) return failure;
    const status = tape.status();
    return needsMedium && status !== TapeStatus.NO_ERROR ? status : tape;
  };
  const call = (name: string, handle: number, body: (tape: WindowsTape) => number, needsMedium = true): number => {
    const tape = ready(name, handle, needsMedium);
    return typeof tape === 'number' ? tape : body(tape);
  };
  const transfer = (
    name: string,
    handle: number,
    count: Uint8Array,
    body: (tape: WindowsTape) => { status: number; bytes: number },
  ): number => {
    const tape = ready(name, handle);
    const { status, bytes } = typeof tape === 'number' ? { status: tape, bytes: 0 } : body(tape);
    setDword(count, bytes);
    return status === TapeStatus.NO_ERROR ? 1 : fail(status, 0);
  };
  /** Memory of another size than the call was told, or where an adapter cannot reach it, is a mistake of ours. */
  const sized = (memory: Uint8Array, size: number): void => {
    if (memory.length !== size) throw new RangeError(`${memory.length} bytes where ${size} were declared`);
  };
  const reachable = (memory: Uint8Array, size: number): void => {
    sized(memory, size);
    if (size > 0 && addressOf(memory) % ADAPTER_ALIGNMENT !== 0n) throw new RangeError('the memory is not aligned');
  };

  return {
    addressOf,
    GetLastError: () => lastError,
    CreateFileW(path, access, share, _security, disposition, flags) {
      const name = Buffer.from(path).toString('utf16le');
      if (!name.endsWith('\0')) throw new RangeError('no NUL');
      if (access !== 0xc000_0000 || share !== 0 || disposition !== 3 || flags !== 0) return fail(TapeStatus.ERROR_INVALID_PARAMETER, -1);
      const tape = tapes.get(name.slice(0, -1).toUpperCase());
      if (!tape) return fail(TapeStatus.ERROR_FILE_NOT_FOUND, INVALID_HANDLE);
      const failure = tape.failures.get('CreateFileW');
      tape.failures.delete('CreateFileW');
      if (failure !== undefined) return fail(failure, INVALID_HANDLE);
      if ([...open.values()].includes(tape)) return fail(TapeStatus.ERROR_SHARING_VIOLATION, INVALID_HANDLE);
      const handle = (nextHandle += 4);
      open.set(handle, tape);
      return handle;
    },
    CloseHandle: (handle) => (open.delete(handle) ? 1 : fail(ERROR_INVALID_HANDLE, 0)),
    ReadFile(handle, into, size, count) {
      reachable(into, size);
      return transfer('ReadFile', handle, count, (tape) => tape.read(size, (bytes, at) => into.set(bytes, at)));
    },
    WriteFile(handle, from, size, count) {
      reachable(from, size);
      return transfer('WriteFile', handle, count, (tape) => tape.write(from));
    },
    GetTapeParameters(handle, operation, size, into) {
      sized(into, view(size).getUint32(0, true));
      const media = operation === 0;
      const structure = media ? TapeGetMediaParameters : TapeGetDriveParameters;
      const answer = (tape: WindowsTape): number => {
        if (into.length < structure.size) return fail(ERROR_INSUFFICIENT_BUFFER, ERROR_INSUFFICIENT_BUFFER);
        setDword(size, structure.size);
        into.set(media ? mediaParameters(tape) : driveParameters(tape));
        return TapeStatus.NO_ERROR;
      };
      return call('GetTapeParameters', handle, answer, media);
    },
    SetTapeParameters: (handle, operation, from) =>
      call(
        'SetTapeParameters',
        handle,
        (tape) => {
          if (operation === 1) {
            const { compression, reportSetmarks, eotWarningZoneSize } = TapeSetDriveParameters.decode(from);
            Object.assign(tape, { compression: compression !== 0, reportSetmarks: reportSetmarks !== 0, eotWarningZoneSize });
            return TapeStatus.NO_ERROR;
          }
          const { blockSize } = TapeSetMediaParameters.decode(from);
          if (blockSize > MAXIMUM_BLOCK) return TapeStatus.ERROR_INVALID_PARAMETER;
          tape.blockSize = blockSize;
          return TapeStatus.NO_ERROR;
        },
        operation === 0,
      ),
    GetTapePosition: (handle, type, partition, low, high) =>
      call('GetTapePosition', handle, (tape) => {
        if (type > 1) return TapeStatus.ERROR_NOT_SUPPORTED;
        setDword(partition, type === 0 ? 0 : tape.partition);
        setDword(low, tape.at);
        setDword(high, 0);
        return TapeStatus.NO_ERROR;
      }),
    SetTapePosition: (handle, method, partition, low, high) =>
      call('SetTapePosition', handle, (tape) => {
        const offset = Number(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)));
        return tape.position(method, partition, offset);
      }),
    GetTapeStatus: (handle) => call('GetTapeStatus', handle, () => TapeStatus.NO_ERROR),
    PrepareTape: (handle, operation) => call('PrepareTape', handle, (tape) => tape.prepare(operation), operation !== 0),
    EraseTape: (handle) => call('EraseTape', handle, (tape) => tape.erase()),
    CreateTapePartition: (handle, method, count, megabytes) =>
      call('CreateTapePartition', handle, (tape) => {
        const whole = tape.capacity;
        const { FIXED, INITIATOR } = TapePartitionMethod;
        const partitions = method === FIXED ? 1 : count;
        if (partitions < 1 || partitions > MOST_PARTITIONS) return TapeStatus.ERROR_INVALID_PARAMETER;
        if (method !== INITIATOR) return tape.createPartitions(Array.from({ length: partitions }, () => Math.floor(whole / partitions)));
        const second = megabytes * MEGABYTE;
        if (partitions !== 2 || second >= whole) return TapeStatus.ERROR_PARTITION_FAILURE;
        return tape.createPartitions([whole - second, second]);
      }),
    WriteTapemark: (handle, type, count) => call('WriteTapemark', handle, (tape) => tape.writeMarks(type, count)),
  };
}

const driveParameters = (tape: WindowsTape): Uint8Array =>
  TapeGetDriveParameters.encode({
    ecc: 0,
    compression: Number(tape.compression),
    dataPadding: 0,
    reportSetmarks: Number(tape.reportSetmarks),
    defaultBlockSize: 512,
    maximumBlockSize: MAXIMUM_BLOCK,
    minimumBlockSize: 1,
    maximumPartitionCount: MOST_PARTITIONS,
    featuresLow: FEATURES_LOW,
    featuresHigh: FEATURES_HIGH,
    eotWarningZoneSize: tape.eotWarningZoneSize,
  });

function mediaParameters(tape: WindowsTape): Uint8Array {
  const { capacity } = tape.current;
  return TapeGetMediaParameters.encode({
    ...TapeGetMediaParameters.create(),
    capacity: BigInt(capacity),
    remaining: BigInt(capacity - tape.used),
    blockSize: tape.blockSize,
    partitionCount: tape.medium!.partitions.length,
    writeProtected: Number(tape.medium!.writeProtected),
  });
}
