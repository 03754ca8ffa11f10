import { FeaturesHigh as High, FeaturesLow as Low, type TapeDriveParameters } from '../api/index.js';
import { MAXIMUM_PARTITIONS, type Medium, type MediumFeatures, type MediumSettings } from './medium.js';

const DEFAULT_BLOCK_SIZE = 65_536;
const sum = (...bits: readonly number[]): number => bits.reduce((all, bit) => (all | bit) >>> 0, 0);

const LOW =
  sum(Low.ERASE_SHORT, Low.ERASE_LONG, Low.ERASE_IMMEDIATE, Low.FIXED_BLOCK, Low.VARIABLE_BLOCK, Low.WRITE_PROTECT) |
  sum(Low.GET_ABSOLUTE_BLK, Low.GET_LOGICAL_BLK, Low.EJECT_MEDIA);
const LOW_LIMITED = sum(Low.TAPE_CAPACITY, Low.TAPE_REMAINING, Low.EOT_WZ_SIZE, Low.SET_EOT_WZ_SIZE);
const LOW_PARTITIONS = sum(Low.FIXED, Low.SELECT, Low.INITIATOR);

const HIGH_MEDIA = sum(High.LOAD_UNLOAD, High.TENSION, High.LOCK_UNLOCK, High.SET_BLOCK_SIZE, High.FORMAT);
const HIGH_POSITIONS = sum(
  High.ABSOLUTE_BLK,
  High.ABS_BLK_IMMED,
  High.LOGICAL_BLK,
  High.LOG_BLK_IMMED,
  High.END_OF_DATA,
  High.RELATIVE_BLKS,
  High.FILEMARKS,
  High.SEQUENTIAL_FMKS,
  High.REVERSE_POSITION,
  High.SPACE_IMMEDIATE,
);
const HIGH_IMMEDIATE = sum(High.REWIND_IMMEDIATE, High.LOAD_UNLD_IMMED, High.TENSION_IMMED, High.LOCK_UNLK_IMMED, High.FORMAT_IMMEDIATE);
const HIGH_MARKS = sum(High.WRITE_FILEMARKS, High.WRITE_MARK_IMMED);
const HIGH_SETMARKS = sum(
  High.SETMARKS,
  High.SEQUENTIAL_SMKS,
  High.SET_REPORT_SMKS,
  High.WRITE_SETMARKS,
  High.WRITE_SHORT_FMKS,
  High.WRITE_LONG_FMKS,
);

/** What a drive can, with a cartridge or without. */
export function imageDriveParameters(features: MediumFeatures, medium: Medium | undefined, settings: MediumSettings): TapeDriveParameters {
  const { setmarks, partitions, settings: kept, maximumBlockSize } = features;
  const limited = medium === undefined ? kept : medium.capacity > 0;
  return {
    ecc: false,
    compression: settings.compression,
    dataPadding: false,
    reportSetmarks: setmarks && settings.reportSetmarks,
    defaultBlockSize: DEFAULT_BLOCK_SIZE,
    maximumBlockSize,
    minimumBlockSize: 1,
    maximumPartitionCount: partitions ? MAXIMUM_PARTITIONS : 1,
    featuresLow: sum(
      LOW,
      limited ? LOW_LIMITED : 0,
      partitions ? LOW_PARTITIONS : 0,
      setmarks ? Low.REPORT_SMKS : 0,
      kept ? Low.COMPRESSION : 0,
    ),
    featuresHigh: sum(
      HIGH_MEDIA,
      HIGH_POSITIONS,
      HIGH_IMMEDIATE,
      HIGH_MARKS,
      setmarks ? HIGH_SETMARKS : 0,
      kept ? High.SET_COMPRESSION : 0,
    ),
    eotWarningZoneSize: limited ? settings.warningZone : 0,
  };
}
