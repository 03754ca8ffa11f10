import { TapeError, type ErrorCode, type ErrorDetails, type WinbackErrorOptions } from '@winback/core/base';

/** What a call met, by the numbers of winerror.h. Those of NO_ERROR and of marks are no failures of a transfer. */
export const TapeStatus = {
  NO_ERROR: 0,
  ERROR_INVALID_FUNCTION: 1,
  ERROR_FILE_NOT_FOUND: 2,
  ERROR_ACCESS_DENIED: 5,
  ERROR_WRITE_PROTECT: 19,
  ERROR_NOT_READY: 21,
  ERROR_CRC: 23,
  ERROR_SHARING_VIOLATION: 32,
  ERROR_NOT_SUPPORTED: 50,
  ERROR_INVALID_PARAMETER: 87,
  /** A block is larger than the memory for it; the rest of the block is lost to this call. */
  ERROR_MORE_DATA: 234,
  /** The early warning: what was written is on the tape, and there is room for a little more. */
  ERROR_END_OF_MEDIA: 1100,
  ERROR_FILEMARK_DETECTED: 1101,
  ERROR_BEGINNING_OF_MEDIA: 1102,
  ERROR_SETMARK_DETECTED: 1103,
  /** Nothing was written from here on. */
  ERROR_NO_DATA_DETECTED: 1104,
  ERROR_PARTITION_FAILURE: 1105,
  ERROR_INVALID_BLOCK_LENGTH: 1106,
  ERROR_DEVICE_NOT_PARTITIONED: 1107,
  ERROR_UNABLE_TO_LOCK_MEDIA: 1108,
  ERROR_UNABLE_TO_UNLOAD_MEDIA: 1109,
  ERROR_MEDIA_CHANGED: 1110,
  ERROR_BUS_RESET: 1111,
  ERROR_NO_MEDIA_IN_DRIVE: 1112,
  ERROR_IO_DEVICE: 1117,
  /** The end itself: what did not fit is not on the tape. */
  ERROR_EOM_OVERFLOW: 1129,
  ERROR_DEVICE_REQUIRES_CLEANING: 1165,
  ERROR_CLEANER_CARTRIDGE_INSTALLED: 4340,
} as const;
export type TapeStatusName = keyof typeof TapeStatus;
export type TapeStatusCode = (typeof TapeStatus)[TapeStatusName];

/** The error code of each, and what people read. NO_ERROR is none. */
const ERRORS: { readonly [K in Exclude<TapeStatusName, 'NO_ERROR'>]: readonly [code: Extract<ErrorCode, `TAPE_${string}`>, text: string] } =
  {
    ERROR_INVALID_FUNCTION: ['TAPE_UNSUPPORTED', 'the drive does not know this operation'],
    ERROR_FILE_NOT_FOUND: ['TAPE_NOT_FOUND', 'there is no such drive'],
    ERROR_ACCESS_DENIED: ['TAPE_ACCESS_DENIED', 'access is denied'],
    ERROR_WRITE_PROTECT: ['TAPE_WRITE_PROTECT', 'the cartridge is write-protected'],
    ERROR_NOT_READY: ['TAPE_NOT_READY', 'the drive is not ready'],
    ERROR_CRC: ['TAPE_IO', 'the data cannot be read from the medium, or written to it'],
    ERROR_SHARING_VIOLATION: ['TAPE_LOCKED', 'another process is using the drive'],
    ERROR_NOT_SUPPORTED: ['TAPE_UNSUPPORTED', 'the drive cannot do this'],
    ERROR_INVALID_PARAMETER: ['TAPE_INVALID_PARAMETER', 'a parameter is out of the range of the drive'],
    ERROR_MORE_DATA: ['TAPE_INVALID_BLOCK_LENGTH', 'the block is larger than the memory for it'],
    ERROR_END_OF_MEDIA: ['TAPE_END_OF_MEDIA', 'the end of the medium is near'],
    ERROR_FILEMARK_DETECTED: ['TAPE_FILEMARK_DETECTED', 'a filemark was met'],
    ERROR_BEGINNING_OF_MEDIA: ['TAPE_BEGINNING_OF_MEDIA', 'the beginning of the medium was met'],
    ERROR_SETMARK_DETECTED: ['TAPE_SETMARK_DETECTED', 'a setmark was met'],
    ERROR_NO_DATA_DETECTED: ['TAPE_NO_DATA_DETECTED', 'the end of the data was met'],
    ERROR_PARTITION_FAILURE: ['TAPE_PARTITION_FAILURE', 'the tape could not be partitioned'],
    ERROR_INVALID_BLOCK_LENGTH: ['TAPE_INVALID_BLOCK_LENGTH', 'the block has another length than was asked for'],
    ERROR_DEVICE_NOT_PARTITIONED: ['TAPE_DEVICE_NOT_PARTITIONED', 'the tape has no such partition'],
    ERROR_UNABLE_TO_LOCK_MEDIA: ['TAPE_UNABLE_TO_LOCK_MEDIA', 'the cartridge cannot be locked in the drive'],
    ERROR_UNABLE_TO_UNLOAD_MEDIA: ['TAPE_UNABLE_TO_UNLOAD_MEDIA', 'the cartridge cannot be unloaded'],
    ERROR_MEDIA_CHANGED: ['TAPE_MEDIA_CHANGED', 'the cartridge may have been changed'],
    ERROR_BUS_RESET: ['TAPE_BUS_RESET', 'the bus or the drive was reset; the position may be lost'],
    ERROR_NO_MEDIA_IN_DRIVE: ['TAPE_NO_MEDIA_IN_DRIVE', 'there is no cartridge in the drive'],
    ERROR_IO_DEVICE: ['TAPE_IO', 'the drive reports an error of its own'],
    ERROR_EOM_OVERFLOW: ['TAPE_EOM_OVERFLOW', 'the cartridge is full'],
    ERROR_DEVICE_REQUIRES_CLEANING: ['TAPE_REQUIRES_CLEANING', 'the drive must be cleaned'],
    ERROR_CLEANER_CARTRIDGE_INSTALLED: ['TAPE_CLEANER_CARTRIDGE', 'a cleaning cartridge is in the drive'],
  };

const NAMES = new Map<number, TapeStatusName>(Object.entries(TapeStatus).map(([name, number]) => [number, name as TapeStatusName]));

/** The name of winerror.h; undefined for numbers that tapes have nothing to do with. */
export const tapeStatusName = (status: number): TapeStatusName | undefined => NAMES.get(status);

/**
 * A status as an error. `details.status` is Windows' number, `details.name` its name.
 * @param drive shown to people
 * @param what the call that met it, for example `writing a block`
 */
export function tapeError(
  status: Exclude<TapeStatusCode, 0>,
  drive: string,
  what: string,
  details: ErrorDetails = {},
  options?: WinbackErrorOptions,
): TapeError {
  const name = (NAMES.get(status) ?? 'ERROR_IO_DEVICE') as keyof typeof ERRORS;
  const [code, text] = ERRORS[name];
  return new TapeError(code, `${drive}: ${what}: ${text} (${name})`, { drive, status, name, ...details }, options);
}
