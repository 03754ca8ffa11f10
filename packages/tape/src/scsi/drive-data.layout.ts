import { ascii, bytes, struct, u16be, u24be, u32be, u64be, u8 } from '@winback/core/base';

// prettier-ignore
export const InquiryData = struct('SCSI standard INQUIRY data', { size: 0x24, spec: 'SPC-3 6.4.2' }, [
  [0x00, 'peripheral',       u8,        'PERIPHERAL QUALIFIER in bits 5 to 7, PERIPHERAL DEVICE TYPE in bits 0 to 4: 1 tape, 8 changer'],
  [0x01, 'removable',        u8,        'RMB in bit 7'],
  [0x02, 'version',          u8,        'VERSION. 2 SCSI-2, 3 SPC, 5 SPC-3'],
  [0x03, 'responseFormat',   u8,        'RESPONSE DATA FORMAT in bits 0 to 3'],
  [0x04, 'additionalLength', u8,        'ADDITIONAL LENGTH'],
  [0x05, 'flags',            bytes(3),  ''],
  [0x08, 'vendor',           ascii(8),  'T10 VENDOR IDENTIFICATION'],
  [0x10, 'product',          ascii(16), 'PRODUCT IDENTIFICATION'],
  [0x20, 'revision',         ascii(4),  'PRODUCT REVISION LEVEL'],
]);

// prettier-ignore
export const BlockLimits = struct('READ BLOCK LIMITS data', { size: 6, spec: 'SSC-3 7.5' }, [
  [0x00, 'granularity', u8,    'GRANULARITY in bits 0 to 4: a power of two'],
  [0x01, 'maximum',     u24be, 'MAXIMUM BLOCK LENGTH LIMIT. 0: none'],
  [0x04, 'minimum',     u16be, 'MINIMUM BLOCK LENGTH LIMIT'],
]);

// prettier-ignore
export const PositionShort = struct('READ POSITION data, short form', { size: 0x14, spec: 'SSC-3 7.7.2' }, [
  [0x00, 'flags',           u8,    '0x80 BOP, 0x40 EOP, 0x20 BCU, 0x10 BYCU, 0x04 LOLU (BPU): no position is told, 0x02 PERR: it is larger than its field'],
  [0x01, 'partition',       u8,    'PARTITION NUMBER, from 0'],
  [0x02, 'reserved02',      u16be, ''],
  [0x04, 'first',           u32be, 'FIRST LOGICAL OBJECT LOCATION. Of the next block or mark'],
  [0x08, 'last',            u32be, 'LAST LOGICAL OBJECT LOCATION. The same, without the buffer'],
  [0x0c, 'reserved0c',      u8,    ''],
  [0x0d, 'bufferedObjects', u24be, 'NUMBER OF LOGICAL OBJECTS IN OBJECT BUFFER'],
  [0x10, 'bufferedBytes',   u32be, 'NUMBER OF BYTES IN OBJECT BUFFER'],
]);

// prettier-ignore
export const PositionLong = struct('READ POSITION data, long form', { size: 0x20, spec: 'SSC-3 7.7.3' }, [
  [0x00, 'flags',      u8,    '0x80 BOP, 0x40 EOP, 0x08 MPU, 0x04 LONU: no position is told'],
  [0x01, 'reserved01', u24be, ''],
  [0x04, 'partition',  u32be, 'PARTITION NUMBER, from 0'],
  [0x08, 'block',      u64be, 'LOGICAL OBJECT NUMBER. Blocks and marks from the beginning of the partition'],
  [0x10, 'filemark',   u64be, 'LOGICAL FILE IDENTIFIER. Filemarks'],
  [0x18, 'setmark',    u64be, 'LOGICAL SET IDENTIFIER. Setmarks'],
]);

// prettier-ignore
export const LogPage = struct('SCSI log page', { size: 4, spec: 'SPC-3 7.2.1' }, [
  [0x00, 'page',    u8,    'PAGE CODE in bits 0 to 5'],
  [0x01, 'subpage', u8,    'SUBPAGE CODE'],
  [0x02, 'length',  u16be, 'PAGE LENGTH. Bytes that follow'],
]);

// prettier-ignore
export const LogParameter = struct('SCSI log parameter', { size: 4, spec: 'SPC-3 7.2.1' }, [
  [0x00, 'code',    u16be, 'PARAMETER CODE'],
  [0x02, 'control', u8,    ''],
  [0x03, 'length',  u8,    'PARAMETER LENGTH. Bytes of the value that follows'],
]);

// prettier-ignore
export const MediumAttribute = struct('MAM attribute', { size: 5, spec: 'SPC-3 7.3.1' }, [
  [0x00, 'identifier', u16be, 'ATTRIBUTE IDENTIFIER. 0 remaining capacity, 1 maximum capacity of the partition, in MiB'],
  [0x02, 'format',     u8,    'READ ONLY in bit 7; FORMAT'],
  [0x03, 'length',     u16be, 'ATTRIBUTE LENGTH. Bytes of the value that follows'],
]);

// prettier-ignore
export const SupportedCommand = struct('SCSI command descriptor', { size: 8, spec: 'SPC-3 6.23.2' }, [
  [0x00, 'operationCode', u8,    'OPERATION CODE'],
  [0x01, 'reserved01',    u8,    ''],
  [0x02, 'serviceAction', u16be, 'SERVICE ACTION'],
  [0x04, 'reserved04',    u8,    ''],
  [0x05, 'flags',         u8,    '0x01 SERVACTV: has a service action, 0x02 CTDP: 12 more bytes of timeouts follow'],
  [0x06, 'cdbLength',     u16be, 'CDB LENGTH'],
]);
