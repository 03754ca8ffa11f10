import { ascii, i8, reserved, size64, struct, u16, u32, u8 } from '@winback/core';
import { dateTime, TapeAddress } from './common.layout.js';

const SPEC = 'MTF 1.00a, Type 1 Media Based Catalog';

// Addresses of strings count from the beginning of the entry. Strings stand behind the fixed part, on the next even byte.
// prettier-ignore
export const DetailHeader = struct('MTF_FDD_HDR', { size: 0x24, spec: SPEC }, [
  [0x00, 'length',          u16,         'LENGTH. Bytes of the whole entry, strings included'],
  [0x02, 'type',            ascii(4),    'TYPE. `VOLB`, `DIRB`, `FILE` or `FEND`, which ends the detail and fills its physical block'],
  [0x06, 'mediaSequence',   u16,         'MEDIA_SEQ_NUMBER. Of the medium that the block is on'],
  [0x08, 'attributes',      u32,         'COMMON_BLOCK_ATTRIBUTES. As in the block'],
  [0x0c, 'fla',             size64,      'FORMAT_LOGICAL_ADDRESS. As in the block'],
  [0x14, 'displayableSize', size64,      'DISPLAYABLE_SIZE. As in the block'],
  [0x1c, 'link',            u32,         'LINK. Byte of another entry in the stream; FILE: its folder, DIRB: the next one beside it, VOLB: the next one; 0 for none'],
  [0x20, 'osId',            u8,          'OS_ID. As in the block'],
  [0x21, 'osVersion',       u8,          'OS_VERSION. As in the block'],
  [0x22, 'stringType',      u8,          'STRING_TYPE. As in the block'],
  [0x23, 'pad',             reserved(1), ''],
]);

// prettier-ignore
export const DetailVolume = struct('MTF_FDD_VOLB', { size: 0x3d, spec: SPEC }, [
  [0x00, 'header',           DetailHeader, '`VOLB`'],
  [0x24, 'volumeAttributes', u32,          'As in the VOLB'],
  [0x28, 'deviceName',       TapeAddress,  ''],
  [0x2c, 'volumeName',       TapeAddress,  ''],
  [0x30, 'machineName',      TapeAddress,  ''],
  [0x34, 'osSpecificData',   TapeAddress,  ''],
  [0x38, 'date',             dateTime,     'Media Write Date'],
]);

// prettier-ignore
export const DetailObject = struct('MTF_FDD_DIRB', { size: 0x44, spec: `${SPEC}; MTF_FDD_FILE is the same` }, [
  [0x00, 'header',           DetailHeader, '`DIRB` or `FILE`'],
  [0x24, 'modified',         dateTime,     'Last Modification Date'],
  [0x29, 'created',          dateTime,     'Creation Date'],
  [0x2e, 'backedUp',         dateTime,     'Backup Date'],
  [0x33, 'accessed',         dateTime,     'Last Access Date'],
  [0x38, 'objectAttributes', u32,          'As in the DIRB or FILE'],
  [0x3c, 'name',             TapeAddress,  'As in the DIRB or FILE'],
  [0x40, 'osSpecificData',   TapeAddress,  ''],
]);

// prettier-ignore
export const SetMapHeader = struct('MTF_SM_HDR', { size: 0x08, spec: SPEC }, [
  [0x00, 'mediaFamilyId', u32,         ''],
  [0x04, 'entries',       u16,         'Number Of Set Map Entries'],
  [0x06, 'pad',           reserved(2), ''],
]);

// prettier-ignore
export const SetMapEntry = struct('MTF_SM_ENTRY', { size: 0x5b, spec: SPEC }, [
  [0x00, 'length',            u16,         'Length. Bytes with strings, without the entries of the volumes, which follow as MTF_FDD_VOLB'],
  [0x02, 'mediaSequence',     u16,         'Media Sequence Number'],
  [0x04, 'attributes',        u32,         'Common Block Attributes. As in the SSET; bit0: the set, or a part of it, goes on here'],
  [0x08, 'setAttributes',     u32,         'SSET Attributes'],
  [0x0c, 'setPba',            size64,      'SSET PBA. SQL Server: its byte'],
  [0x14, 'detailPba',         size64,      'FDD PBA. 0 when there is none'],
  [0x1c, 'detailMedia',       u16,         'FDD Media Sequence Number'],
  [0x1e, 'setNumber',         u16,         'Data Set Number'],
  [0x20, 'fla',               size64,      'Format Logical Address. Of the SSET'],
  [0x28, 'directories',       u32,         'Number Of Directories'],
  [0x2c, 'files',             u32,         'Number Of Files'],
  [0x30, 'corrupt',           u32,         'Number Of Corrupt Files'],
  [0x34, 'displayableSize',   size64,      'Data Set Displayable Size'],
  [0x3c, 'volumes',           u16,         'Number Of Volumes'],
  [0x3e, 'passwordAlgorithm', u16,         'Password Encryption Algorithm'],
  [0x40, 'setName',           TapeAddress, ''],
  [0x44, 'setPassword',       TapeAddress, ''],
  [0x48, 'setDescription',    TapeAddress, ''],
  [0x4c, 'userName',          TapeAddress, ''],
  [0x50, 'date',              dateTime,    'Media Write Date'],
  [0x55, 'timeZone',          i8,          ''],
  [0x56, 'osId',              u8,          ''],
  [0x57, 'osVersion',         u8,          ''],
  [0x58, 'stringType',        u8,          ''],
  [0x59, 'minorVersion',      u8,          'MTF Minor Version'],
  [0x5a, 'catalogVersion',    u8,          'Media Catalog Version'],
]);
