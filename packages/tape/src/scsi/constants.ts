/** OPERATION CODE of the commands that are sent (SPC-3, SSC-3, SMC-2). */
export const OperationCode = {
  TEST_UNIT_READY: 0x00,
  REWIND: 0x01,
  REQUEST_SENSE: 0x03,
  FORMAT_MEDIUM: 0x04,
  READ_BLOCK_LIMITS: 0x05,
  INITIALIZE_ELEMENT_STATUS: 0x07,
  READ_6: 0x08,
  WRITE_6: 0x0a,
  WRITE_FILEMARKS_6: 0x10,
  SPACE_6: 0x11,
  INQUIRY: 0x12,
  MODE_SELECT_6: 0x15,
  RESERVE_6: 0x16,
  RELEASE_6: 0x17,
  ERASE_6: 0x19,
  MODE_SENSE_6: 0x1a,
  LOAD_UNLOAD: 0x1b,
  PREVENT_ALLOW_MEDIUM_REMOVAL: 0x1e,
  LOCATE_10: 0x2b,
  READ_POSITION: 0x34,
  LOG_SENSE: 0x4d,
  READ_ATTRIBUTE: 0x8c,
  SPACE_16: 0x91,
  LOCATE_16: 0x92,
  MAINTENANCE_IN: 0xa3,
  MOVE_MEDIUM: 0xa5,
  READ_ELEMENT_STATUS: 0xb8,
} as const;

/** Status codes of the SCSI architecture model (SAM-3 5.3). */
export const ScsiStatus = {
  GOOD: 0x00,
  CHECK_CONDITION: 0x02,
  CONDITION_MET: 0x04,
  BUSY: 0x08,
  RESERVATION_CONFLICT: 0x18,
  TASK_SET_FULL: 0x28,
  ACA_ACTIVE: 0x30,
  TASK_ABORTED: 0x40,
} as const;

/** SENSE KEY (SPC-3 4.5.6). */
export const SenseKey = {
  NO_SENSE: 0x0,
  RECOVERED_ERROR: 0x1,
  NOT_READY: 0x2,
  MEDIUM_ERROR: 0x3,
  HARDWARE_ERROR: 0x4,
  ILLEGAL_REQUEST: 0x5,
  UNIT_ATTENTION: 0x6,
  DATA_PROTECT: 0x7,
  BLANK_CHECK: 0x8,
  ABORTED_COMMAND: 0xb,
  VOLUME_OVERFLOW: 0xd,
} as const;

/** CODE of SPACE. */
export const SpaceCode = {
  BLOCKS: 0,
  FILEMARKS: 1,
  SEQUENTIAL_FILEMARKS: 2,
  END_OF_DATA: 3,
  SETMARKS: 4,
  SEQUENTIAL_SETMARKS: 5,
} as const;

/** PAGE CODE of mode pages. */
export const ModePage = { NONE: 0x00, COMPRESSION: 0x0f, CONFIGURATION: 0x10, PARTITION: 0x11, ALL: 0x3f } as const;

/** PERIPHERAL DEVICE TYPE. */
export const DeviceType = { TAPE: 0x01, CHANGER: 0x08 } as const;

/** Seconds that a command may take. Tapes are slow: LTO rewinds in two minutes, and an erasure of a whole one takes hours. */
export const Timeout = { SHORT: 60, TRANSFER: 900, MOTION: 3600, LONG: 6 * 3600 } as const;
