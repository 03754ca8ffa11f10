import { bytes, reserved, struct, u32, u64, u8 } from '@winback/core';

// prettier-ignore
export const ByHandleFileInformation = struct('BY_HANDLE_FILE_INFORMATION', { size: 0x34, spec: 'fileapi.h, GetFileInformationByHandle' }, [
  [0x00, 'fileAttributes',     u32, 'dwFileAttributes'],
  [0x04, 'creationTime',       u64, 'ftCreationTime. FILETIME, in two halves: not aligned'],
  [0x0c, 'lastAccessTime',     u64, 'ftLastAccessTime'],
  [0x14, 'lastWriteTime',      u64, 'ftLastWriteTime'],
  [0x1c, 'volumeSerialNumber', u32, 'dwVolumeSerialNumber'],
  [0x20, 'fileSizeHigh',       u32, 'nFileSizeHigh'],
  [0x24, 'fileSizeLow',        u32, 'nFileSizeLow'],
  [0x28, 'numberOfLinks',      u32, 'nNumberOfLinks'],
  [0x2c, 'fileIndexHigh',      u32, 'nFileIndexHigh'],
  [0x30, 'fileIndexLow',       u32, 'nFileIndexLow'],
]);

// prettier-ignore
export const FileBasicInfo = struct('FILE_BASIC_INFO', { size: 0x28, spec: 'winbase.h; MS-FSCC 2.4.7' }, [
  [0x00, 'creationTime',   u64,         'FILETIME; when set, 0 leaves it as it is'],
  [0x08, 'lastAccessTime', u64,         ''],
  [0x10, 'lastWriteTime',  u64,         ''],
  [0x18, 'changeTime',     u64,         'Of the metadata'],
  [0x20, 'fileAttributes', u32,         'When set, 0 leaves them as they are'],
  [0x24, 'reserved24',     reserved(4), ''],
]);

// prettier-ignore
export const FileAttributeTagInfo = struct('FILE_ATTRIBUTE_TAG_INFO', { size: 0x08, spec: 'winbase.h; MS-FSCC 2.4.6' }, [
  [0x00, 'fileAttributes', u32, ''],
  [0x04, 'reparseTag',     u32, '0 unless the attributes say REPARSE_POINT'],
]);

// prettier-ignore
export const FileIdInfo = struct('FILE_ID_INFO', { size: 0x18, spec: 'winbase.h; MS-FSCC 2.4.21' }, [
  [0x00, 'volumeSerialNumber', u64,       ''],
  [0x08, 'fileId',             bytes(16), '128 bits; on NTFS the upper half is 0'],
]);

// prettier-ignore
export const FileIdBothDirInfo = struct('FILE_ID_BOTH_DIR_INFO', { size: 0x68, spec: 'winbase.h; MS-FSCC 2.4.17' }, [
  [0x00, 'nextEntryOffset', u32,         'Bytes from this entry to the next; 0 in the last'],
  [0x04, 'fileIndex',       u32,         ''],
  [0x08, 'creationTime',    u64,         'FILETIME'],
  [0x10, 'lastAccessTime',  u64,         ''],
  [0x18, 'lastWriteTime',   u64,         ''],
  [0x20, 'changeTime',      u64,         ''],
  [0x28, 'endOfFile',       u64,         'Bytes of the unnamed data stream'],
  [0x30, 'allocationSize',  u64,         ''],
  [0x38, 'fileAttributes',  u32,         ''],
  [0x3c, 'fileNameLength',  u32,         'Bytes of the name, which follows this structure'],
  [0x40, 'eaSize',          u32,         'Of a reparse point: its tag'],
  [0x44, 'shortNameLength', u8,          'Bytes'],
  [0x45, 'reserved45',      reserved(1), ''],
  [0x46, 'shortName',       bytes(24),   'UTF-16'],
  [0x5e, 'reserved5e',      reserved(2), ''],
  [0x60, 'fileId',          u64,         '0 or all ones where the file system has none of 64 bits'],
]);
