import { ascii, bytes, struct, u16be, u24be, u8 } from '@winback/core/base';

// prettier-ignore
export const ElementStatusHeader = struct('READ ELEMENT STATUS data', { size: 8, spec: 'SMC-2 6.11.2' }, [
  [0x00, 'first',      u16be, 'FIRST ELEMENT ADDRESS REPORTED'],
  [0x02, 'count',      u16be, 'NUMBER OF ELEMENTS AVAILABLE'],
  [0x04, 'reserved04', u8,    ''],
  [0x05, 'length',     u24be, 'BYTE COUNT OF REPORT AVAILABLE. Of all pages, whatever the allocation length'],
]);

// prettier-ignore
export const ElementStatusPage = struct('Element status page', { size: 8, spec: 'SMC-2 6.11.3' }, [
  [0x00, 'type',             u8,    'ELEMENT TYPE CODE. 1 medium transport, 2 storage, 3 import/export, 4 data transfer'],
  [0x01, 'flags',            u8,    '0x80 PVOLTAG, 0x40 AVOLTAG: what descriptors have'],
  [0x02, 'descriptorLength', u16be, 'ELEMENT DESCRIPTOR LENGTH'],
  [0x04, 'reserved04',       u8,    ''],
  [0x05, 'length',           u24be, 'BYTE COUNT OF DESCRIPTOR DATA AVAILABLE'],
]);

// prettier-ignore
export const ElementDescriptor = struct('Element descriptor', { size: 0x0c, spec: 'SMC-2 6.11.4' }, [
  [0x00, 'address',       u16be,    'ELEMENT ADDRESS'],
  [0x02, 'flags',         u8,       '0x01 FULL, 0x02 IMPEXP, 0x04 EXCEPT, 0x08 ACCESS, 0x10 EXENAB, 0x20 INENAB'],
  [0x03, 'reserved03',    u8,       ''],
  [0x04, 'asc',           u8,       'ADDITIONAL SENSE CODE, of EXCEPT'],
  [0x05, 'ascq',          u8,       'ADDITIONAL SENSE CODE QUALIFIER'],
  [0x06, 'drive',         bytes(3), 'Of a drive: its bus address'],
  [0x09, 'sourceFlags',   u8,       '0x80 SVALID, 0x40 INVERT'],
  [0x0a, 'source',        u16be,    'SOURCE STORAGE ELEMENT ADDRESS'],
]);

// prettier-ignore
export const VolumeTag = struct('Primary volume tag information', { size: 0x24, spec: 'SMC-2 6.11.4; SCSI-2 17.2.5' }, [
  [0x00, 'identifier', ascii(32), 'VOLUME IDENTIFICATION FIELD. Padded with spaces'],
  [0x20, 'reserved20', u16be,     ''],
  [0x22, 'sequence',   u16be,     'VOLUME SEQUENCE NUMBER'],
]);
