import { TapeStatus, type TapeStatusCode } from '../api/index.js';
import { ScsiStatus, SenseKey } from './constants.js';
import type { Sense } from './sense.js';

type Row = readonly [asc: number, ascq: number | undefined, status: TapeStatusCode];

const S = TapeStatus;

/** What an additional sense code says whatever the key is. */
const EVERYWHERE: readonly Row[] = [
  [0x00, 0x17, S.ERROR_DEVICE_REQUIRES_CLEANING],
  [0x30, 0x03, S.ERROR_CLEANER_CARTRIDGE_INSTALLED],
  [0x30, 0x07, S.ERROR_CLEANER_CARTRIDGE_INSTALLED],
  [0x3a, undefined, S.ERROR_NO_MEDIA_IN_DRIVE],
  [0x53, undefined, S.ERROR_UNABLE_TO_UNLOAD_MEDIA],
];

/** The additional sense codes that say more than their key, and last what the key says without one that is listed. */
const BY_KEY: Readonly<Record<number, readonly [rows: readonly Row[], otherwise: TapeStatusCode]>> = {
  [SenseKey.NOT_READY]: [EVERYWHERE, S.ERROR_NOT_READY],
  [SenseKey.MEDIUM_ERROR]: [EVERYWHERE, S.ERROR_CRC],
  [SenseKey.HARDWARE_ERROR]: [EVERYWHERE, S.ERROR_IO_DEVICE],
  [SenseKey.ILLEGAL_REQUEST]: [
    [
      [0x20, undefined, S.ERROR_INVALID_FUNCTION],
      [0x25, undefined, S.ERROR_FILE_NOT_FOUND],
      [0x1a, undefined, S.ERROR_INVALID_PARAMETER],
      [0x21, undefined, S.ERROR_INVALID_PARAMETER],
      [0x24, undefined, S.ERROR_INVALID_PARAMETER],
      [0x26, undefined, S.ERROR_INVALID_PARAMETER],
      // media destination full, media source empty: no drive, a changer
      [0x3b, 0x0d, S.ERROR_INVALID_PARAMETER],
      [0x3b, 0x0e, S.ERROR_NO_MEDIA_IN_DRIVE],
      ...EVERYWHERE,
    ],
    S.ERROR_INVALID_FUNCTION,
  ],
  [SenseKey.UNIT_ATTENTION]: [[[0x29, undefined, S.ERROR_BUS_RESET], ...EVERYWHERE], S.ERROR_MEDIA_CHANGED],
  [SenseKey.DATA_PROTECT]: [[], S.ERROR_WRITE_PROTECT],
  [SenseKey.BLANK_CHECK]: [[], S.ERROR_NO_DATA_DETECTED],
  [SenseKey.VOLUME_OVERFLOW]: [[], S.ERROR_EOM_OVERFLOW],
};

function ofMarks(sense: Sense): TapeStatusCode {
  const { asc, ascq } = sense;
  if (asc === 0 && ascq === 0x04) return S.ERROR_BEGINNING_OF_MEDIA;
  if (asc === 0 && ascq === 0x03) return S.ERROR_SETMARK_DETECTED;
  if (asc === 0 && ascq === 0x05) return S.ERROR_NO_DATA_DETECTED;
  if (sense.filemark || (asc === 0 && ascq === 0x01)) return S.ERROR_FILEMARK_DETECTED;
  if (sense.endOfMedium || (asc === 0 && ascq === 0x02)) return S.ERROR_END_OF_MEDIA;
  if (sense.incorrectLength) return S.ERROR_INVALID_BLOCK_LENGTH;
  return S.NO_ERROR;
}

/**
 * What sense data means in Windows' numbers. NO SENSE and RECOVERED ERROR without a mark are NO_ERROR. ILI is ERROR_INVALID_BLOCK_LENGTH; whether
 * a block was longer or shorter its `information` tells.
 */
export function senseStatus(sense: Sense): TapeStatusCode {
  const { key, asc, ascq } = sense;
  if (key === SenseKey.NO_SENSE || key === SenseKey.RECOVERED_ERROR) return ofMarks(sense);
  // The end of the partition in the middle of a read or a move is a medium error by the standard.
  if (key === SenseKey.MEDIUM_ERROR && sense.endOfMedium) {
    if (asc === 0 && (ascq === 0x02 || ascq === 0)) return S.ERROR_END_OF_MEDIA;
    if (asc === 0x3b && ascq === 0x01) return S.ERROR_BEGINNING_OF_MEDIA;
    if (asc === 0x3b && ascq === 0x02) return S.ERROR_END_OF_MEDIA;
  }
  const found = BY_KEY[key];
  if (found === undefined) return S.ERROR_IO_DEVICE;
  const [rows, otherwise] = found;
  return rows.find((row) => row[0] === asc && (row[1] === undefined || row[1] === ascq))?.[2] ?? otherwise;
}

/** A status other than GOOD and CHECK CONDITION. */
export function scsiStatus(status: number): TapeStatusCode {
  switch (status) {
    case ScsiStatus.GOOD:
    case ScsiStatus.CONDITION_MET:
      return S.NO_ERROR;
    case ScsiStatus.RESERVATION_CONFLICT:
      return S.ERROR_SHARING_VIOLATION;
    case ScsiStatus.BUSY:
    case ScsiStatus.TASK_SET_FULL:
      return S.ERROR_NOT_READY;
    default:
      return S.ERROR_IO_DEVICE;
  }
}
