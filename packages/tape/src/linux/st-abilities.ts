import { FeaturesHigh as High, FeaturesLow as Low } from '../api/index.js';
import { readAbilities, type DriveAbilities } from '../scsi/abilities.js';
import { ModePage } from '../scsi/constants.js';
import { findModePage } from '../scsi/mode.js';
import type { ScsiDevice } from '../scsi/scsi-device.js';

/** What st has requests for. */
const LOW =
  Low.INITIATOR |
  Low.ERASE_SHORT |
  Low.ERASE_LONG |
  Low.TAPE_CAPACITY |
  Low.TAPE_REMAINING |
  Low.FIXED_BLOCK |
  Low.VARIABLE_BLOCK |
  Low.WRITE_PROTECT |
  Low.COMPRESSION |
  Low.REPORT_SMKS |
  Low.GET_ABSOLUTE_BLK |
  Low.GET_LOGICAL_BLK |
  Low.EJECT_MEDIA;
const HIGH =
  High.LOAD_UNLOAD |
  High.TENSION |
  High.LOCK_UNLOCK |
  High.SET_BLOCK_SIZE |
  High.SET_COMPRESSION |
  High.ABSOLUTE_BLK |
  High.LOGICAL_BLK |
  High.END_OF_DATA |
  High.RELATIVE_BLKS |
  High.FILEMARKS |
  High.SETMARKS |
  High.REVERSE_POSITION |
  High.WRITE_SETMARKS |
  High.WRITE_FILEMARKS |
  High.WRITE_MARK_IMMED |
  High.FORMAT;

/** What st takes of any drive: 256 segments of memory pages. */
const LARGEST_BLOCK = 0x10_0000;

/** Of a drive that must not be asked: what SSC demands of each, without what is beyond it. */
const UNASKED: DriveAbilities = {
  minimumBlockSize: 1,
  maximumBlockSize: LARGEST_BLOCK,
  maximumPartitionCount: 1,
  formats: false,
  featuresLow: LOW & ~(Low.INITIATOR | Low.TAPE_CAPACITY | Low.TAPE_REMAINING | Low.COMPRESSION | Low.REPORT_SMKS),
  featuresHigh: HIGH & ~(High.SET_COMPRESSION | High.SETMARKS | High.WRITE_SETMARKS | High.FORMAT),
};

/** How st is set for a drive. */
export interface StSettings {
  /** Whether positions are those of blocks and marks. */
  readonly logical: boolean;
  readonly partitions: boolean;
  /** Whether MTIOCPOS tells anything. */
  readonly tells: boolean;
}

const changesCompression = (scsi: ScsiDevice): boolean => ((findModePage(scsi, ModePage.COMPRESSION, 3, 1)?.[2] ?? 0) & 0x80) !== 0;

/** What a drive can through st. @param scsi undefined where SG_IO is not allowed */
export function readStAbilities(scsi: ScsiDevice | undefined, { logical, partitions, tells }: StSettings): DriveAbilities {
  const found = scsi === undefined ? UNASKED : readAbilities(scsi);
  let [low, high] = [found.featuresLow & LOW, found.featuresHigh & HIGH];
  if (!tells) {
    low &= ~(Low.GET_ABSOLUTE_BLK | Low.GET_LOGICAL_BLK);
    high &= ~(High.ABSOLUTE_BLK | High.LOGICAL_BLK);
  }
  if (!logical) {
    low &= ~Low.GET_LOGICAL_BLK;
    high &= ~High.LOGICAL_BLK;
  }
  if (!partitions) {
    low &= ~Low.INITIATOR;
    high &= ~High.FORMAT;
  }
  if (scsi === undefined || !changesCompression(scsi)) high &= ~High.SET_COMPRESSION;
  return {
    ...found,
    maximumPartitionCount: partitions ? Math.min(2, found.maximumPartitionCount) : 1,
    featuresLow: low >>> 0,
    featuresHigh: high >>> 0,
  };
}
