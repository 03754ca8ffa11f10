import { i8, size64, struct, u16, u32, u8 } from '@winback/core';
import { BlockHeader, dateTime, TapeAddress } from './common.layout.js';

// prettier-ignore
export const SetBlock = struct('MTF_SSET', { size: 0x62, spec: 'MTF 1.00a, Start of Data Set Descriptor Block' }, [
  [0x00, 'header',               BlockHeader, '`SSET`. Attribute bit16 file detail exists, bit17 encryption'],
  [0x34, 'setAttributes',        u32,         'One of bit0 transfer, 1 copy, 2 normal, 3 differential, 4 incremental, 5 daily'],
  [0x38, 'passwordAlgorithm',    u16,         'Password Encryption Algorithm'],
  [0x3a, 'compressionAlgorithm', u16,         'Software Compression Algorithm. 0x0abe = LZS221'],
  [0x3c, 'vendorId',             u16,         'Software Vendor ID'],
  [0x3e, 'setNumber',            u16,         'Data Set Number, from 1'],
  [0x40, 'setName',              TapeAddress, ''],
  [0x44, 'setDescription',       TapeAddress, ''],
  [0x48, 'setPassword',          TapeAddress, ''],
  [0x4c, 'userName',             TapeAddress, ''],
  [0x50, 'pba',                  size64,      'Physical Block Address of this block'],
  [0x58, 'date',                 dateTime,    'Media Write Date'],
  [0x5d, 'softwareMajor',        u8,          'Software Major Version'],
  [0x5e, 'softwareMinor',        u8,          'Software Minor Version'],
  [0x5f, 'timeZone',             i8,          'Quarter hours east of UTC; 127 = local time of unknown zone'],
  [0x60, 'minorVersion',         u8,          'MTF Minor Version. 0'],
  [0x61, 'catalogVersion',       u8,          'Media Catalog Version'],
]);

// prettier-ignore
export const EndOfSetBlock = struct('MTF_ESET', { size: 0x55, spec: 'MTF 1.00a, End of Data Set Descriptor Block' }, [
  [0x00, 'header',           BlockHeader, '`ESET`. Attribute bit16 file detail aborted, bit17 end of family, bit18 set aborted'],
  [0x34, 'setAttributes',    u32,         'As in the SSET'],
  [0x38, 'corruptObjects',   u32,         'Number of Corrupt Files'],
  [0x3c, 'mbcField1',        size64,      'Reserved for MBC. Type 1: PBA of the file detail'],
  [0x44, 'mbcField2',        size64,      'Reserved for MBC. Type 1: PBA of the set map'],
  [0x4c, 'fddMediaSequence', u16,         'FDD Media Sequence Number'],
  [0x4e, 'setNumber',        u16,         'Data Set Number'],
  [0x50, 'date',             dateTime,    'Media Write Date'],
]);

// prettier-ignore
export const EndOfSetPadBlock = struct('MTF_ESPB', { size: 0x34, spec: 'MTF 1.00a, End of Set Pad Descriptor Block' }, [
  [0x00, 'header', BlockHeader, '`ESPB`. Pads the set to the end of its physical block'],
]);
