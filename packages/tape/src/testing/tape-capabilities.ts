import { FeaturesHigh, FeaturesLow, type TapeDriveParameters } from '../api/index.js';

const LOW = {
  'fixed-blocks': FeaturesLow.FIXED_BLOCK,
  'variable-blocks': FeaturesLow.VARIABLE_BLOCK,
  'erase-short': FeaturesLow.ERASE_SHORT,
  'erase-long': FeaturesLow.ERASE_LONG,
  'fixed-partitions': FeaturesLow.FIXED,
  'select-partitions': FeaturesLow.SELECT,
  'initiator-partitions': FeaturesLow.INITIATOR,
  capacity: FeaturesLow.TAPE_CAPACITY,
  remaining: FeaturesLow.TAPE_REMAINING,
  'tell-absolute': FeaturesLow.GET_ABSOLUTE_BLK,
  tell: FeaturesLow.GET_LOGICAL_BLK,
  compression: FeaturesLow.COMPRESSION,
  'report-setmarks': FeaturesLow.REPORT_SMKS,
} as const;

const HIGH = {
  'load-unload': FeaturesHigh.LOAD_UNLOAD,
  tension: FeaturesHigh.TENSION,
  lock: FeaturesHigh.LOCK_UNLOCK,
  format: FeaturesHigh.FORMAT,
  'set-block-size': FeaturesHigh.SET_BLOCK_SIZE,
  'set-compression': FeaturesHigh.SET_COMPRESSION,
  'set-report-setmarks': FeaturesHigh.SET_REPORT_SMKS,
  'seek-absolute': FeaturesHigh.ABSOLUTE_BLK,
  seek: FeaturesHigh.LOGICAL_BLK,
  'space-end-of-data': FeaturesHigh.END_OF_DATA,
  'space-blocks': FeaturesHigh.RELATIVE_BLKS,
  'space-filemarks': FeaturesHigh.FILEMARKS,
  'space-sequential-filemarks': FeaturesHigh.SEQUENTIAL_FMKS,
  'space-setmarks': FeaturesHigh.SETMARKS,
  'space-sequential-setmarks': FeaturesHigh.SEQUENTIAL_SMKS,
  reverse: FeaturesHigh.REVERSE_POSITION,
  'write-setmarks': FeaturesHigh.WRITE_SETMARKS,
  'write-filemarks': FeaturesHigh.WRITE_FILEMARKS,
  'write-short-filemarks': FeaturesHigh.WRITE_SHORT_FMKS,
  'write-long-filemarks': FeaturesHigh.WRITE_LONG_FMKS,
} as const;

/** What the parameters of a drive do not tell, and whoever tries it must. */
export type TapeHarnessCapability =
  /** {@link TapeDriveHarness.reopen} is there. */
  | 'reopen'
  /** Writing between two blocks makes an end of data behind what was written. */
  | 'overwrite'
  /** The cartridge has at most 64 MiB, so that its end can be reached; early warning and all. */
  | 'small-cartridge'
  /** The calls tell the end of data from a failed read: ERROR_NO_DATA_DETECTED. */
  | 'end-of-data-status'
  /** Moving over marks and blocks tells what stopped it, by its documented status. */
  | 'space-status';

export type TapeDriveCapability = keyof typeof LOW | keyof typeof HIGH | TapeHarnessCapability;

/** All of {@link TapeHarnessCapability}: what a drive without quirks has, besides a small cartridge. */
export const ALL_HARNESS_CAPABILITIES: readonly TapeHarnessCapability[] = ['reopen', 'overwrite', 'end-of-data-status', 'space-status'];

/**
 * What a drive says that it can, as capabilities of the suite.
 * @param besides what its parameters do not tell
 * @param without what it is known to get wrong
 */
export function tapeDriveCapabilities(
  parameters: TapeDriveParameters,
  besides: readonly TapeHarnessCapability[] = [],
  without: readonly TapeDriveCapability[] = [],
): TapeDriveCapability[] {
  const of = <K extends TapeDriveCapability>(table: Readonly<Record<K, number>>, bits: number): K[] =>
    (Object.keys(table) as K[]).filter((name) => (bits & table[name]) !== 0);
  const all = [...of(LOW, parameters.featuresLow), ...of(HIGH, parameters.featuresHigh), ...besides];
  return all.filter((capability) => !without.includes(capability));
}
