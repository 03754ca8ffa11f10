import { bytes, guid, reserved, struct, u16, u32 } from '@winback/core';

// prettier-ignore
export const MetadataHeader = struct('EFS_METADATA', { size: 0x54, spec: 'MS-EFSR 2.2.2.1' }, [
  [0x00, 'length',     u32,          'Bytes of all of it, at most 262,144'],
  [0x04, 'reserved04', u32,          ''],
  [0x08, 'version',    u32,          '1: Windows 2000. 2: XP. 3: Vista and later'],
  [0x0c, 'reserved0c', u32,          ''],
  [0x10, 'efsId',      guid,         'EFS_ID. Of the computer or the period of a key'],
  [0x20, 'hash',       bytes(16),    'EFS_Hash. Version 1: MD5 of all of it with zeros here'],
  [0x30, 'reserved30', reserved(16), ''],
  [0x40, 'ddfOffset',  u32,          'DDF_Offset. Key list of the users'],
  [0x44, 'drfOffset',  u32,          'DRF_Offset. Key list of the recovery agents; 0: none'],
  [0x48, 'reserved48', reserved(12), ''],
]);

// prettier-ignore
export const KeyListEntry = struct('EFS_KEY_LIST_ENTRY', { size: 0x14, spec: 'MS-EFSR 2.2.2.1.2' }, [
  [0x00, 'length',              u32, 'Bytes of all of it'],
  [0x04, 'publicKeyInfoOffset', u32, 'From the start of the entry'],
  [0x08, 'encryptedFekLength',  u32, ''],
  [0x0c, 'encryptedFekOffset',  u32, 'From the start of the entry'],
  [0x10, 'flags',               u32, '0: by the RSA key. 1: by AES-256 with a key made from a signature'],
]);

// prettier-ignore
export const PublicKeyInfo = struct('EFS_PUBLIC_KEY_INFO', { size: 0x1c, spec: 'MS-EFSR 2.2.2.1.3' }, [
  [0x00, 'length',            u32, 'Bytes of all of it'],
  [0x04, 'sidOffset',         u32, "Owner's SID, from the start of this; 0: none"],
  [0x08, 'type',              u32, '3: the thumbprint of a certificate'],
  [0x0c, 'certificateLength', u32, ''],
  [0x10, 'certificateOffset', u32, 'From the start of this'],
  [0x14, 'reserved14',        reserved(8), ''],
]);

// prettier-ignore
export const CertificateData = struct('EFS_CERTIFICATE_DATA', { size: 0x14, spec: 'MS-EFSR 2.2.2.1.4' }, [
  [0x00, 'thumbprintOffset',  u32, 'SHA-1 of the DER certificate, from the start of this'],
  [0x04, 'thumbprintLength',  u32, '20'],
  [0x08, 'containerOffset',   u32, 'Name of the key container, UTF-16; 0: none'],
  [0x0c, 'providerOffset',    u32, 'Name of the cryptographic provider'],
  [0x10, 'displayNameOffset', u32, 'Name to show: user(user@DOMAIN)'],
]);

// prettier-ignore
export const FekHeader = struct('EFS_FEK', { size: 0x10, spec: 'MS-EFSR 2.2.2.1.5' }, [
  [0x00, 'keyLength',  u32, 'Bytes of the key that follows'],
  [0x04, 'entropy',    u32, 'Random bits in it'],
  [0x08, 'algorithm',  u32, 'ALG_ID'],
  [0x0c, 'reserved0c', u32, ''],
]);

// prettier-ignore
export const MetadataV4Header = struct('EFS_METADATA_V4', { size: 0x28, spec: 'MS-EFSR 2.2.2.2' }, [
  [0x00, 'length',     u32,  'Bytes of all of it'],
  [0x04, 'reserved04', u32,  ''],
  [0x08, 'version',    u32,  '4 or 5'],
  [0x0c, 'reserved0c', u32,  ''],
  [0x10, 'efsId',      guid, 'EFS_ID'],
  [0x20, 'ddfOffset',  u32,  'DDF_Offset. Protector list of the users'],
  [0x24, 'drfOffset',  u32,  'DRF_Offset. Protector list of the recovery agents; 0: none'],
]);

// prettier-ignore
export const Datum = struct('EFSX_DATUM', { size: 0x08, spec: 'MS-EFSR 2.2.2.2.2' }, [
  [0x00, 'length', u16, 'StructureSize. Bytes of all of it'],
  [0x02, 'role',   u16, 'Role. 1 certificate, 3 display, 6 SID, 10 key of the file, 11 IV of the file'],
  [0x04, 'type',   u16, 'Type. 1 blob, 2 text, 3 protector, 4 protector information, 5 key agreement, 6 key of the file, 7 DPAPI-NG'],
  [0x06, 'flags',  u16, 'Flags. 1 nested, 2 holds others'],
]);

// prettier-ignore
export const ProtectorList = struct('EFSX_PROTECTOR_LIST', { size: 0x06, spec: 'MS-EFSR 2.2.2.2.1' }, [
  [0x00, 'length', u32, 'StructureSize. Bytes of all of it'],
  [0x04, 'count',  u16, 'ProtectorsCount'],
]);
