import { ascii, bytes, enumOf, guid, magic, reserved, struct, u32, u64 } from '../../binary/index.js';

/** What a file with a base block is. */
export const HiveFileType = { PRIMARY: 0, LOG: 1, LOG_OF_WINDOWS_2000: 2, LOG_OF_ENTRIES: 6 } as const;

/** The part of a base block that its checksum covers, and that logs have a copy of: its first sector. */
// prettier-ignore
export const BaseBlock = struct('regf', { size: 0x200, spec: 'Windows registry file format specification (msuhanov), Base block' }, [
  [0x00, 'signature',           magic('regf'),                              ''],
  [0x04, 'primarySequence',     u32,                                        'Counted up when a write begins'],
  [0x08, 'secondarySequence',   u32,                                        'The same when the write is done; different: the hive is dirty'],
  [0x0c, 'lastWritten',         u64,                                        'FILETIME. Windows 8.1 and later leave it as it is'],
  [0x14, 'majorVersion',        u32,                                        '1'],
  [0x18, 'minorVersion',        u32,                                        '3 to 6: from 4 with big data, from 5 with hash leaves'],
  [0x1c, 'fileType',            enumOf(u32, 'HiveFileType', HiveFileType),  ''],
  [0x20, 'fileFormat',          u32,                                        '1: direct memory load'],
  [0x24, 'rootCell',            u32,                                        'Offset of the root key, from 4096 like all offsets in a hive'],
  [0x28, 'binsSize',            u32,                                        'Bytes of all bins, a multiple of 4096'],
  [0x2c, 'clusteringFactor',    u32,                                        'Sector size / 512; 1 since Windows 8'],
  [0x30, 'fileName',            bytes(64),                                  'End of the path, UTF-16 little-endian; for debugging'],
  [0x70, 'resourceManagerId',   guid,                                       'RmId'],
  [0x80, 'logId',               guid,                                       'LogId'],
  [0x90, 'flags',               u32,                                        '1: transactions are pending. 2: defragmented, or layered keys'],
  [0x94, 'transactionManagerId', guid,                                      'TmId'],
  [0xa4, 'guidSignature',       ascii(4),                                   '"rmtm" where the GUIDs are used'],
  [0xa8, 'lastReorganized',     u64,                                        'FILETIME, its two lowest bits are flags'],
  [0xb0, 'reservedb0',          reserved(0x1fc - 0xb0),                     'The offline registry library signs here ("OfRg")'],
  [0x1fc, 'checksum',           u32,                                        'XOR of the 127 words before; 0 becomes 1, FFFFFFFF becomes FFFFFFFE'],
]);

/** Bytes before the first bin. All offsets in a hive are counted from here. */
export const BINS_AT = 4096;

// prettier-ignore
export const HiveBin = struct('hbin', { size: 0x20, spec: 'Windows registry file format specification (msuhanov), Hive bin' }, [
  [0x00, 'signature',  magic('hbin'), ''],
  [0x04, 'offset',     u32,           'Of this bin'],
  [0x08, 'size',       u32,           'Bytes with this header, a multiple of 4096; cells fill the rest'],
  [0x0c, 'reserved0c', reserved(8),   ''],
  [0x14, 'lastWritten', u64,          'FILETIME; in the first bin only, a copy of that in the base block'],
  [0x1c, 'spare',      u32,           'Used in memory only'],
]);
