import { size64, struct, u16, u32, u8 } from '@winback/core';
import { BlockHeader, dateTime, TapeAddress } from './common.layout.js';

// prettier-ignore
export const TapeBlock = struct('MTF_TAPE', { size: 0x5e, spec: 'MTF 1.00a, Tape Header Descriptor Block' }, [
  [0x00, 'header',                BlockHeader, '`TAPE`. Attribute bit16 a set map exists, bit17 file detail is allowed'],
  [0x34, 'mediaFamilyId',         u32,         ''],
  [0x38, 'tapeAttributes',        u32,         'bit0 soft filemarks, bit1 the label is an MTF media label'],
  [0x3c, 'mediaSequence',         u16,         'From 1'],
  [0x3e, 'passwordAlgorithm',     u16,         'Password Encryption Algorithm'],
  [0x40, 'softFilemarkBlockSize', u16,         'In units of 512 bytes'],
  [0x42, 'catalogType',           u16,         'Media Based Catalog Type'],
  [0x44, 'mediaName',             TapeAddress, ''],
  [0x48, 'mediaLabel',            TapeAddress, 'Media Description / Media Label'],
  [0x4c, 'mediaPassword',         TapeAddress, ''],
  [0x50, 'softwareName',          TapeAddress, ''],
  [0x54, 'flbSize',               u16,         'Format Logical Block Size. Bytes: 512 or 1024'],
  [0x56, 'vendorId',              u16,         'Software Vendor ID'],
  [0x58, 'date',                  dateTime,    'Media Date'],
  [0x5d, 'majorVersion',          u8,          'MTF Major Version. 1'],
]);

// prettier-ignore
export const SoftFilemark = struct('MTF_SFMB', { size: 0x3c, spec: 'MTF 1.00a, Soft Filemark Descriptor Block' }, [
  [0x00, 'header',  BlockHeader, '`SFMB`. One whole block of the TAPE\'s soft filemark size'],
  [0x34, 'entries', u32,         'Number of Filemark Entries. Room in the array'],
  [0x38, 'used',    u32,         'Filemark Entries Used. Addresses that follow, the newest filemark first'],
]);

// prettier-ignore
export const SoftFilemarkEntry = struct('MTF_SFMB entry', { size: 0x08, spec: 'MTF 1.00a, Soft Filemark Descriptor Block' }, [
  [0x00, 'address', size64, 'Physical block of an earlier filemark; SQL Server: its byte'],
]);

// prettier-ignore
export const EndOfMediumBlock = struct('MTF_EOTM', { size: 0x3c, spec: 'MTF 1.00a, End Of Tape Marker Descriptor Block' }, [
  [0x00, 'header',      BlockHeader, '`EOTM`. Attribute bit16 no ESET on this medium, bit17 its address is not known'],
  [0x34, 'lastEsetPba', size64,      'Last ESET PBA'],
]);
