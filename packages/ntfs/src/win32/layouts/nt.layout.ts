import { reserved, struct, u16, u32, u64 } from '@winback/core';

// Structures of 64-bit processes, with pointers as numbers.

// prettier-ignore
export const UnicodeString = struct('UNICODE_STRING', { size: 0x10, spec: 'ntdef.h' }, [
  [0x00, 'length',        u16,         'Bytes'],
  [0x02, 'maximumLength', u16,         'Bytes'],
  [0x04, 'reserved04',    reserved(4), ''],
  [0x08, 'buffer',        u64,         'Address of the characters'],
]);

// prettier-ignore
export const ObjectAttributes = struct('OBJECT_ATTRIBUTES', { size: 0x30, spec: 'ntdef.h' }, [
  [0x00, 'length',                   u32,         'Bytes of this structure'],
  [0x04, 'reserved04',               reserved(4), ''],
  [0x08, 'rootDirectory',            u64,         'Handle of the folder that the name is found in'],
  [0x10, 'objectName',               u64,         'Address of a UNICODE_STRING'],
  [0x18, 'attributes',               u32,         'OBJ_* flags'],
  [0x1c, 'reserved1c',               reserved(4), ''],
  [0x20, 'securityDescriptor',       u64,         'Address, or 0'],
  [0x28, 'securityQualityOfService', u64,         'Address, or 0'],
]);

// prettier-ignore
export const FileNameInformation = struct('FILE_RENAME_INFORMATION', { size: 0x14, spec: 'ntifs.h; the same as FILE_LINK_INFORMATION' }, [
  [0x00, 'flags',          u32,         'ReplaceIfExists, or FILE_RENAME_* flags'],
  [0x04, 'reserved04',     reserved(4), ''],
  [0x08, 'rootDirectory',  u64,         'Handle of the folder that the name is put in'],
  [0x10, 'fileNameLength', u32,         'Bytes of the name, which follows'],
]);

// prettier-ignore
export const TokenPrivileges = struct('TOKEN_PRIVILEGES', { size: 0x10, spec: 'winnt.h; with one privilege' }, [
  [0x00, 'privilegeCount', u32, '1'],
  [0x04, 'luid',           u64, 'LUID, as LookupPrivilegeValueW gives it; not aligned'],
  [0x0c, 'attributes',     u32, '2 SE_PRIVILEGE_ENABLED'],
]);

// prettier-ignore
export const MountPointReparse = struct('MountPointReparseBuffer', { size: 0x08, spec: 'MS-FSCC 2.1.2.5' }, [
  [0x00, 'substituteNameOffset', u16, 'From the end of this structure'],
  [0x02, 'substituteNameLength', u16, 'Bytes'],
  [0x04, 'printNameOffset',      u16, 'From the end of this structure'],
  [0x06, 'printNameLength',      u16, 'Bytes'],
]);
