// The constants of the tape backup functions (winnt.h), by Windows' names.

/** What EraseTape erases, from the current position. */
export const TapeErase = {
  /** TAPE_ERASE_SHORT: writes an end-of-data mark. */
  SHORT: 0,
  /** TAPE_ERASE_LONG: everything up to the end of the partition. */
  LONG: 1,
} as const;

/** Operations of PrepareTape. */
export const TapePrepare = { LOAD: 0, UNLOAD: 1, TENSION: 2, LOCK: 3, UNLOCK: 4, FORMAT: 5 } as const;

/** Kinds of tapemarks. Drives have long filemarks, or short and long ones, or setmarks besides. */
export const TapemarkType = { SETMARKS: 0, FILEMARKS: 1, SHORT_FILEMARKS: 2, LONG_FILEMARKS: 3 } as const;

/** What GetTapePosition tells. */
export const TapePositionType = {
  /** TAPE_ABSOLUTE_POSITION: a block address of the device's own, which no partition goes with. */
  ABSOLUTE: 0,
  /** TAPE_LOGICAL_POSITION: blocks and marks from the beginning of the partition. */
  LOGICAL: 1,
  /** TAPE_PSEUDO_LOGICAL_POSITION: the same, counted by the driver. */
  PSEUDO_LOGICAL: 2,
} as const;

/** How SetTapePosition moves. */
export const TapePositionMethod = {
  /** To the beginning of the partition that is named, or of the current one where none is (0). */
  REWIND: 0,
  ABSOLUTE_BLOCK: 1,
  LOGICAL_BLOCK: 2,
  PSEUDO_LOGICAL_BLOCK: 3,
  SPACE_END_OF_DATA: 4,
  /** Over that many blocks; negative numbers move back, to the side of the mark nearer to the beginning. */
  SPACE_RELATIVE_BLOCKS: 5,
  SPACE_FILEMARKS: 6,
  /** To behind the first of that many filemarks in a row. */
  SPACE_SEQUENTIAL_FMKS: 7,
  SPACE_SETMARKS: 8,
  SPACE_SEQUENTIAL_SMKS: 9,
} as const;

/** How CreateTapePartition divides a tape. */
export const TapePartitionMethod = {
  /** TAPE_FIXED_PARTITIONS: as the device does. */
  FIXED: 0,
  /** TAPE_SELECT_PARTITIONS: that many, of sizes that the device chooses. */
  SELECT: 1,
  /** TAPE_INITIATOR_PARTITIONS: that many; the size in MB that is given is that of the second one. */
  INITIATOR: 2,
} as const;

/** Bits of FeaturesLow. */
export const FeaturesLow = {
  FIXED: 0x1,
  SELECT: 0x2,
  INITIATOR: 0x4,
  ERASE_SHORT: 0x10,
  ERASE_LONG: 0x20,
  ERASE_BOP_ONLY: 0x40,
  ERASE_IMMEDIATE: 0x80,
  TAPE_CAPACITY: 0x100,
  TAPE_REMAINING: 0x200,
  FIXED_BLOCK: 0x400,
  VARIABLE_BLOCK: 0x800,
  WRITE_PROTECT: 0x1000,
  EOT_WZ_SIZE: 0x2000,
  ECC: 0x1_0000,
  COMPRESSION: 0x2_0000,
  PADDING: 0x4_0000,
  REPORT_SMKS: 0x8_0000,
  GET_ABSOLUTE_BLK: 0x10_0000,
  GET_LOGICAL_BLK: 0x20_0000,
  SET_EOT_WZ_SIZE: 0x40_0000,
  EJECT_MEDIA: 0x100_0000,
  CLEAN_REQUESTS: 0x200_0000,
  SET_CMP_BOP_ONLY: 0x400_0000,
} as const;

/** Bits of FeaturesHigh, without TAPE_DRIVE_HIGH_FEATURES (0x80000000), which Windows' constants have in each of them. */
export const FeaturesHigh = {
  LOAD_UNLOAD: 0x1,
  TENSION: 0x2,
  LOCK_UNLOCK: 0x4,
  REWIND_IMMEDIATE: 0x8,
  SET_BLOCK_SIZE: 0x10,
  LOAD_UNLD_IMMED: 0x20,
  TENSION_IMMED: 0x40,
  LOCK_UNLK_IMMED: 0x80,
  SET_ECC: 0x100,
  SET_COMPRESSION: 0x200,
  SET_PADDING: 0x400,
  SET_REPORT_SMKS: 0x800,
  ABSOLUTE_BLK: 0x1000,
  ABS_BLK_IMMED: 0x2000,
  LOGICAL_BLK: 0x4000,
  LOG_BLK_IMMED: 0x8000,
  END_OF_DATA: 0x1_0000,
  RELATIVE_BLKS: 0x2_0000,
  FILEMARKS: 0x4_0000,
  SEQUENTIAL_FMKS: 0x8_0000,
  SETMARKS: 0x10_0000,
  SEQUENTIAL_SMKS: 0x20_0000,
  REVERSE_POSITION: 0x40_0000,
  SPACE_IMMEDIATE: 0x80_0000,
  WRITE_SETMARKS: 0x100_0000,
  WRITE_FILEMARKS: 0x200_0000,
  WRITE_SHORT_FMKS: 0x400_0000,
  WRITE_LONG_FMKS: 0x800_0000,
  WRITE_MARK_IMMED: 0x1000_0000,
  FORMAT: 0x2000_0000,
  FORMAT_IMMEDIATE: 0x4000_0000,
} as const;

export type ValueOf<T> = T[keyof T];
