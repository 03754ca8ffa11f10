/** DBLK types of the specification. Other programs add their own; those are skipped through their streams. */
export const BlockType = {
  TAPE: 'TAPE',
  SSET: 'SSET',
  VOLB: 'VOLB',
  DIRB: 'DIRB',
  FILE: 'FILE',
  CFIL: 'CFIL',
  ESPB: 'ESPB',
  ESET: 'ESET',
  EOTM: 'EOTM',
  SFMB: 'SFMB',
} as const;

export const OsId = { NETWARE: 1, NETWARE_SMS: 13, NT: 14, DOS: 24, OS2: 25, WINDOWS_95: 26, MACINTOSH: 27, UNIX: 28 } as const;

export const StringType = { NONE: 0, ANSI: 1, UNICODE: 2 } as const;

export const BlockAttribute = { CONTINUATION: 0x1, COMPRESSION: 0x4, EOS_AT_EOM: 0x8 } as const;

/** High halves of the block attributes, by the type of the block. */
export const TapeBlockAttribute = { SET_MAP_EXISTS: 0x1_0000, FDD_ALLOWED: 0x2_0000 } as const;
export const SetBlockAttribute = { FDD_EXISTS: 0x1_0000, ENCRYPTION: 0x2_0000 } as const;
export const EndOfSetBlockAttribute = { FDD_ABORTED: 0x1_0000, END_OF_FAMILY: 0x2_0000, ABORTED_SET: 0x4_0000 } as const;

export const TapeAttribute = { SOFT_FILEMARKS: 0x1, MEDIA_LABEL: 0x2 } as const;

export const SetAttribute = { TRANSFER: 0x1, COPY: 0x2, NORMAL: 0x4, DIFFERENTIAL: 0x8, INCREMENTAL: 0x10, DAILY: 0x20 } as const;

export const VolumeAttribute = { NO_REDIRECT_RESTORE: 0x1, NON_VOLUME: 0x2, DEV_DRIVE: 0x4, DEV_UNC: 0x8, DEV_OS_SPECIFIC: 0x10 } as const;

/** Attributes of DIRB and FILE blocks. */
export const ObjectAttribute = {
  READ_ONLY: 0x100,
  HIDDEN: 0x200,
  SYSTEM: 0x400,
  MODIFIED: 0x800,
  NAME_IN_STREAM: 0x2_0000,
  CORRUPT: 0x4_0000,
} as const;

export const CorruptAttribute = { LENGTH_CHANGED: 0x1_0000, UNREADABLE: 0x2_0000, DEADLOCK: 0x4_0000 } as const;

export const NtFileFlag = { LINK: 0x1, POSIX: 0x1_0000 } as const;

/** Stream File System Attributes. */
export const FsAttribute = {
  MODIFIED_BY_READ: 0x1,
  SECURITY: 0x2,
  NON_PORTABLE: 0x4,
  SPARSE: 0x8,
  /** Winback: what WIN32_STREAM_ID calls STREAM_CONTAINS_PROPERTIES, whose bit means non-portable here. */
  CONTAINS_PROPERTIES: 0x8000,
} as const;

/** Stream Media Format Attributes. */
export const MediaAttribute = { CONTINUE: 0x1, VARIABLE: 0x2, VAR_END: 0x4, ENCRYPTED: 0x8, COMPRESSED: 0x10, CHECKSUMED: 0x20 } as const;

/** Software Compression Algorithm of sets, and Data Compression Algorithm of streams: LZS, the only one that the format names. */
export const LZS221 = 0x0abe;

/**
 * What Winback writes as Software Vendor ID. Nobody registers these numbers any more. Another program's number would make readers
 * expect that program's private structures, so this is one that no known writer uses; in a dump it reads `WB`.
 */
export const VENDOR_WINBACK = 0x4257;

/** Format logical block and soft filemark of every file that Winback begins, as NTBackup has them. */
export const FLB_SIZE = 1024;

/** First characters of the TAPE's software name in files that Winback began. */
export const SOFTWARE = 'Winback';

/** Media Based Catalog Type of the TAPE block. SQL Server says 3, Backup Exec 22 says 4. */
export const CatalogType = { NONE: 0, ONE: 1, TWO: 2 } as const;

/** Streams of catalogs, and what SQL Server fills physical blocks with before them. */
export const CatalogStreamId = { DETAIL_1: 'TFDD', MAP_1: 'TSMP', DETAIL_2: 'FDD2', MAP_2: 'MAP2', PAD: 'OTCP' } as const;

/** Streams of Winback's own; other readers skip them. */
export const WinbackStreamId = { FACTS: 'WBFX', STREAM: 'WBST', VOLUME: 'WBVL', CATALOG: 'WBCT' } as const;

/** A four-character id as the number that it is in the bytes. */
export const fourCharacters = (id: string): number =>
  (id.charCodeAt(0) | (id.charCodeAt(1) << 8) | (id.charCodeAt(2) << 16) | (id.charCodeAt(3) << 24)) >>> 0;

const words = (names: Readonly<Record<string, number>>, value: number): string[] => {
  const known = Object.entries(names).filter(([, bit]) => (value & bit) !== 0);
  const rest = known.reduce((left, [, bit]) => left & ~bit, value) >>> 0;
  return [...known.map(([name]) => name.toLowerCase().replaceAll('_', '-')), ...(rest === 0 ? [] : [`0x${rest.toString(16)}`])];
};
/** Flags as words, with what has no word as a number. */
export const flagWords = words;
