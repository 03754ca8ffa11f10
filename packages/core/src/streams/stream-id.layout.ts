import { enumOf, record, size64, struct, u32, u64, utf16le } from '../binary/index.js';

/** What a stream in a BackupRead sequence holds. */
export const StreamId = {
  DATA: 1,
  EA_DATA: 2,
  SECURITY_DATA: 3,
  ALTERNATE_DATA: 4,
  LINK: 5,
  PROPERTY_DATA: 6,
  OBJECT_ID: 7,
  REPARSE_DATA: 8,
  SPARSE_BLOCK: 9,
  TXFS_DATA: 10,
  GHOSTED_FILE_EXTENTS: 11,
} as const;

export const StreamAttribute = {
  MODIFIED_WHEN_READ: 1,
  CONTAINS_SECURITY: 2,
  CONTAINS_PROPERTIES: 4,
  SPARSE: 8,
  CONTAINS_GHOSTED_FILE_EXTENTS: 16,
} as const;

// prettier-ignore
export const Win32StreamId = struct('WIN32_STREAM_ID', { size: 0x14, spec: 'winbase.h, BackupRead; MS-BKUP 2.1' }, [
  [0x00, 'streamId',         enumOf(u32, 'StreamId', StreamId), 'dwStreamId. What the stream holds'],
  [0x04, 'streamAttributes', u32,                               'dwStreamAttributes. STREAM_* flags'],
  [0x08, 'size',             size64,                            'Size. Bytes of data after the name'],
  [0x10, 'streamNameSize',   u32,                               'dwStreamNameSize. Bytes, not characters'],
]);

// prettier-ignore
export const SparseBlockOffset = struct('SPARSE_BLOCK', { size: 0x08, spec: 'winbase.h, BACKUP_SPARSE_BLOCK; MS-BKUP 2' }, [
  [0x00, 'offset', u64, 'Where in the stream the bytes that follow belong. Size counts these 8 bytes too'],
]);

/** The header with its name. `streamNameSize` is derived on write. */
export const Win32StreamHeader = record(Win32StreamId, { name: { length: 'streamNameSize', as: utf16le } });
