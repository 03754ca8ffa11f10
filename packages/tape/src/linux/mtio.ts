// Constants of linux/mtio.h and of the manual of st (Documentation/scsi/st.rst), by their names.

/** The requests, as all processors with 64 bits but MIPS, PowerPC and SPARC number them. */
export const Mtio = { TOP: 0x4008_6d01, GET: 0x8030_6d02, POS: 0x8008_6d03 } as const;

/** mt_op. */
export const MtOp = {
  FSF: 1,
  BSF: 2,
  FSR: 3,
  BSR: 4,
  WEOF: 5,
  REW: 6,
  RETEN: 9,
  EOM: 12,
  ERASE: 13,
  SETBLK: 20,
  SEEK: 22,
  SETDRVBUFFER: 24,
  FSS: 25,
  BSS: 26,
  WSM: 27,
  LOCK: 28,
  UNLOCK: 29,
  LOAD: 30,
  UNLOAD: 31,
  COMPRESSION: 32,
  SETPART: 33,
  MKPART: 34,
  WEOFI: 35,
} as const;

/** Bits of mt_gstat. */
export const Gmt = {
  /** Behind a filemark. */
  EOF: 0x8000_0000,
  /** At the beginning of the partition. */
  BOT: 0x4000_0000,
  /** The early warning, or the end. */
  EOT: 0x2000_0000,
  /** Behind a setmark. */
  SM: 0x1000_0000,
  /** At the end of the data. */
  EOD: 0x0800_0000,
  WR_PROT: 0x0400_0000,
  ONLINE: 0x0100_0000,
  /** No cartridge. */
  DR_OPEN: 0x0004_0000,
  /** Cleaning is asked for. */
  CLN: 0x0000_8000,
} as const;

/** What MTSETDRVBUFFER does with the options that are given with it. */
export const SetOptions = { SET: 0x3000_0000, CLEAR: 0x4000_0000 } as const;

/** MT_ST_*: options of a drive. */
export const StOption = {
  BUFFER_WRITES: 0x1,
  ASYNC_WRITES: 0x2,
  READ_AHEAD: 0x4,
  TWO_FM: 0x10,
  FAST_MTEOM: 0x20,
  CAN_PARTITIONS: 0x400,
  SCSI2LOGICAL: 0x800,
  SYSV: 0x1000,
  NOWAIT: 0x2000,
  SILI: 0x4000,
  NOWAIT_EOF: 0x8000,
} as const;
