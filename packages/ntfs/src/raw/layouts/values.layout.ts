import { size64, struct, u16, u32, u64, u8 } from '@winback/core';

const SPEC = 'libfsntfs documentation, attributes';

// prettier-ignore
export const StandardInformation = struct('STANDARD_INFORMATION', { size: 0x48, spec: SPEC }, [
  [0x00, 'creationTime',   u64, 'FILETIME'],
  [0x08, 'lastWriteTime',  u64, 'FILETIME'],
  [0x10, 'changeTime',     u64, 'FILETIME of the last change of the FILE record'],
  [0x18, 'lastAccessTime', u64, 'FILETIME'],
  [0x20, 'fileAttributes', u32, 'FILE_ATTRIBUTE_*; DIRECTORY is not among them'],
  [0x24, 'maximumVersions', u32, '0'],
  [0x28, 'versionNumber',  u32, '0'],
  [0x2c, 'classId',        u32, '0'],
  [0x30, 'ownerId',        u32, 'Of $Quota. This and what follows since NTFS 3.0: in values of 0x30 bytes it is missing'],
  [0x34, 'securityId',     u32, 'Of $Secure; 0: the file has a SECURITY_DESCRIPTOR attribute'],
  [0x38, 'quotaCharged',   u64, ''],
  [0x40, 'updateSequence', u64, 'USN of the change journal'],
]);

/** Which names a FILE_NAME holds. Of a Win32 name and its DOS name, both have the same parent. */
export const NameSpace = { POSIX: 0, WIN32: 1, DOS: 2, WIN32_AND_DOS: 3 } as const;

// prettier-ignore
export const FileName = struct('FILE_NAME', { size: 0x42, spec: 'MS Learn, FILE_NAME; ' + SPEC }, [
  [0x00, 'parent',         u64,    'File reference of the folder'],
  [0x08, 'creationTime',   u64,    'FILETIME. Times and sizes here are those of when the name was last changed'],
  [0x10, 'lastWriteTime',  u64,    'FILETIME'],
  [0x18, 'changeTime',     u64,    'FILETIME'],
  [0x20, 'lastAccessTime', u64,    'FILETIME'],
  [0x28, 'allocatedSize',  size64, ''],
  [0x30, 'size',           size64, ''],
  [0x38, 'fileAttributes', u32,    ''],
  [0x3c, 'reparseTag',     u32,    'Or the size of the extended attributes'],
  [0x40, 'nameLength',     u8,     'UTF-16 units; the name follows'],
  [0x41, 'nameSpace',      u8,     '0 POSIX, 1 Win32, 2 DOS, 3 Win32 and DOS in one'],
]);

// prettier-ignore
export const ObjectIdValue = struct('OBJECT_ID', { size: 0x10, spec: 'MS-FSCC 2.1.3.2; 0x30 more bytes may follow: birth volume, birth object, domain' }, [
  [0x00, 'low',  u64, 'First half of the GUID'],
  [0x08, 'high', u64, 'Second half'],
]);

// prettier-ignore
export const EaInformation = struct('EA_INFORMATION', { size: 0x08, spec: SPEC }, [
  [0x00, 'packedSize',   u16, 'Bytes of the attributes in their packed form'],
  [0x02, 'needEaCount',  u16, 'Attributes with FILE_NEED_EA'],
  [0x04, 'unpackedSize', u32, 'Bytes of the EA attribute, a FILE_FULL_EA_INFORMATION list whose last entry too gives its length as the offset of the next'],
]);

// prettier-ignore
export const VolumeInformation = struct('VOLUME_INFORMATION', { size: 0x0c, spec: SPEC }, [
  [0x00, 'reserved00',   u64, ''],
  [0x08, 'majorVersion', u8,  '3 since Windows 2000'],
  [0x09, 'minorVersion', u8,  '1 since Windows XP'],
  [0x0a, 'flags',        u16, '1 dirty: chkdsk has something to do'],
]);
