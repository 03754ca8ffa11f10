import { reserved, size64, struct, u16, u32 } from '@winback/core';
import { BlockHeader, dateTime, TapeAddress } from './common.layout.js';

// prettier-ignore
export const VolumeBlock = struct('MTF_VOLB', { size: 0x49, spec: 'MTF 1.00a, Volume Descriptor Block' }, [
  [0x00, 'header',           BlockHeader, '`VOLB`'],
  [0x34, 'volumeAttributes', u32,         'bit0 no redirected restore, 1 no volume, 2 device, 3 UNC, 4 OS specific, 5 vendor specific'],
  [0x38, 'deviceName',       TapeAddress, ''],
  [0x3c, 'volumeName',       TapeAddress, 'The volume\'s label'],
  [0x40, 'machineName',      TapeAddress, ''],
  [0x44, 'date',             dateTime,    'Media Write Date'],
]);

// prettier-ignore
export const DirectoryBlock = struct('MTF_DIRB', { size: 0x54, spec: 'MTF 1.00a, Directory Descriptor Block' }, [
  [0x00, 'header',              BlockHeader, '`DIRB`'],
  [0x34, 'directoryAttributes', u32,         'bit8 read-only, 9 hidden, 10 system, 11 modified, 16 empty, 17 path in a PNAM stream, 18 corrupt'],
  [0x38, 'modified',            dateTime,    'Last Modification Date'],
  [0x3d, 'created',             dateTime,    'Creation Date'],
  [0x42, 'backedUp',            dateTime,    'Backup Date'],
  [0x47, 'accessed',            dateTime,    'Last Access Date'],
  [0x4c, 'directoryId',         u32,         'From 1'],
  [0x50, 'name',                TapeAddress, 'Path from the root; a NUL ends each part'],
]);

// prettier-ignore
export const FileBlock = struct('MTF_FILE', { size: 0x58, spec: 'MTF 1.00a, File Descriptor Block' }, [
  [0x00, 'header',         BlockHeader, '`FILE`'],
  [0x34, 'fileAttributes', u32,         'bit8 read-only, 9 hidden, 10 system, 11 modified, 16 in use, 17 name in an FNAM stream, 18 corrupt'],
  [0x38, 'modified',       dateTime,    'Last Modification Date'],
  [0x3d, 'created',        dateTime,    'Creation Date'],
  [0x42, 'backedUp',       dateTime,    'Backup Date'],
  [0x47, 'accessed',       dateTime,    'Last Access Date'],
  [0x4c, 'directoryId',    u32,         'Of the DIRB that the file belongs to'],
  [0x50, 'fileId',         u32,         'From 1'],
  [0x54, 'name',           TapeAddress, 'Without the path'],
]);

// prettier-ignore
export const CorruptObjectBlock = struct('MTF_CFIL', { size: 0x4a, spec: 'MTF 1.00a, Corrupt Object Descriptor Block' }, [
  [0x00, 'header',            BlockHeader, '`CFIL`. Follows the object that it speaks of'],
  [0x34, 'corruptAttributes', u32,         'bit16 length changed, 17 unreadable, 18 deadlock'],
  [0x38, 'reserved38',        reserved(8), ''],
  [0x40, 'streamOffset',      size64,      'Where in the stream the bytes stop being real'],
  [0x48, 'streamNumber',      u16,         'Corrupt Stream Number, from 1'],
]);

// prettier-ignore
export const NtVolumeData = struct('MTF_VOLB_NT_14_1', { size: 0x08, spec: 'MTF 1.00a, OS-specific data: Windows NT, version 1' }, [
  [0x00, 'fileSystemFlags', u32, 'As GetVolumeInformation gives them'],
  [0x04, 'backupSetFlags',  u32, 'bit0 fit for system recovery'],
]);

// prettier-ignore
export const NtDirectoryData0 = struct('MTF_DIRB_NT_14_0', { size: 0x04, spec: 'MTF 1.00a, OS-specific data: Windows NT, version 0' }, [
  [0x00, 'fileAttributes', u32, 'FILE_ATTRIBUTE_*'],
]);

// prettier-ignore
export const NtDirectoryData = struct('MTF_DIRB_NT_14_1', { size: 0x08, spec: 'MTF 1.00a, OS-specific data: Windows NT, version 1' }, [
  [0x00, 'fileAttributes',  u32, 'FILE_ATTRIBUTE_*'],
  [0x04, 'shortNameOffset', u16, 'From the start of the block'],
  [0x06, 'shortNameSize',   u16, 'Bytes'],
]);

// prettier-ignore
export const NtFileData0 = struct('MTF_FILE_NT_14_0', { size: 0x0c, spec: 'MTF 1.00a, OS-specific data: Windows NT, version 0' }, [
  [0x00, 'fileAttributes',  u32,         'FILE_ATTRIBUTE_*'],
  [0x04, 'shortNameOffset', u16,         'From the start of the block'],
  [0x06, 'shortNameSize',   u16,         'Bytes'],
  [0x08, 'isLink',          u16,         'Not 0: a link to a file earlier in the set'],
  [0x0a, 'reserved0a',      reserved(2), ''],
]);

// prettier-ignore
export const NtFileData = struct('MTF_FILE_NT_14_1', { size: 0x0c, spec: 'MTF 1.00a, OS-specific data: Windows NT, version 1' }, [
  [0x00, 'fileAttributes',  u32, 'FILE_ATTRIBUTE_*'],
  [0x04, 'shortNameOffset', u16, 'From the start of the block'],
  [0x06, 'shortNameSize',   u16, 'Bytes'],
  [0x08, 'flags',           u32, 'bit0 a link to a file earlier in the set, bit16 POSIX name'],
]);
