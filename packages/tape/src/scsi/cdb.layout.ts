import { i24be, struct, u16be, u24be, u32be, u64be, u8 } from '@winback/core/base';

// Every command descriptor block begins with its operation code and ends with CONTROL.

// prettier-ignore
export const Cdb6 = struct('SCSI CDB6', { size: 6, spec: 'SPC-3 4.3.2; SSC-3 7' }, [
  [0x00, 'operationCode', u8,    'OPERATION CODE'],
  [0x01, 'flags',         u8,    'What the command has here: IMMED, FIXED, SILI, LONG, CODE'],
  [0x02, 'length',        u24be, 'TRANSFER LENGTH, ALLOCATION LENGTH, FILEMARK COUNT or the flags of LOAD UNLOAD, by the command'],
  [0x05, 'control',       u8,    'CONTROL'],
]);

// prettier-ignore
export const Space6 = struct('SPACE(6)', { size: 6, spec: 'SSC-3 6.9' }, [
  [0x00, 'operationCode', u8,    'OPERATION CODE (11h)'],
  [0x01, 'code',          u8,    'CODE. 0 blocks, 1 filemarks, 2 sequential filemarks, 3 end-of-data, 4 setmarks, 5 sequential setmarks'],
  [0x02, 'count',         i24be, 'COUNT. Negative: back'],
  [0x05, 'control',       u8,    'CONTROL'],
]);

// prettier-ignore
export const Inquiry6 = struct('INQUIRY', { size: 6, spec: 'SPC-3 6.4.1; also MODE SENSE(6) and MODE SELECT(6), whose fields stand in the same places' }, [
  [0x00, 'operationCode', u8,    'OPERATION CODE (12h)'],
  [0x01, 'flags',         u8,    'EVPD; DBD, PF'],
  [0x02, 'page',          u8,    'PAGE CODE, with PC in bits 6 and 7 of MODE SENSE(6)'],
  [0x03, 'length',        u16be, 'ALLOCATION LENGTH, PARAMETER LIST LENGTH; MODE SENSE(6) and MODE SELECT(6) have one byte of it'],
  [0x05, 'control',       u8,    'CONTROL'],
]);

// prettier-ignore
export const Cdb10 = struct('SCSI CDB10', { size: 10, spec: 'SPC-3 4.3.3; SSC-3 7.7 READ POSITION, SPC-3 6.6 LOG SENSE' }, [
  [0x00, 'operationCode', u8,    'OPERATION CODE'],
  [0x01, 'flags',         u8,    'SERVICE ACTION of READ POSITION; PPC, SP of LOG SENSE'],
  [0x02, 'page',          u8,    'PC in bits 6 and 7, PAGE CODE of LOG SENSE'],
  [0x03, 'subpage',       u8,    'SUBPAGE CODE of LOG SENSE'],
  [0x04, 'reserved04',    u8,    ''],
  [0x05, 'parameter',     u16be, 'PARAMETER POINTER of LOG SENSE'],
  [0x07, 'length',        u16be, 'ALLOCATION LENGTH'],
  [0x09, 'control',       u8,    'CONTROL'],
]);

// prettier-ignore
export const Locate10 = struct('LOCATE(10)', { size: 10, spec: 'SSC-3 6.4' }, [
  [0x00, 'operationCode', u8,    'OPERATION CODE (2Bh)'],
  [0x01, 'flags',         u8,    '0x01 IMMED, 0x02 CP: to another partition, 0x04 BT'],
  [0x02, 'reserved02',    u8,    ''],
  [0x03, 'block',         u32be, 'LOGICAL OBJECT IDENTIFIER'],
  [0x07, 'reserved07',    u8,    ''],
  [0x08, 'partition',     u8,    'PARTITION, from 0'],
  [0x09, 'control',       u8,    'CONTROL'],
]);

// prettier-ignore
export const Locate16 = struct('LOCATE(16)', { size: 16, spec: 'SSC-3 7.3' }, [
  [0x00, 'operationCode', u8,    'OPERATION CODE (92h)'],
  [0x01, 'flags',         u8,    '0x01 IMMED, 0x02 CP: to another partition'],
  [0x02, 'reserved02',    u8,    ''],
  [0x03, 'partition',     u8,    'PARTITION, from 0'],
  [0x04, 'block',         u64be, 'LOGICAL IDENTIFIER'],
  [0x0c, 'reserved0c',    u24be, ''],
  [0x0f, 'control',       u8,    'CONTROL'],
]);

// prettier-ignore
export const Space16 = struct('SPACE(16)', { size: 16, spec: 'SSC-3 7.8' }, [
  [0x00, 'operationCode', u8,    'OPERATION CODE (91h)'],
  [0x01, 'code',          u8,    'CODE, as in SPACE(6)'],
  [0x02, 'reserved02',    u16be, ''],
  [0x04, 'count',         u64be, 'COUNT. In two\'s complement'],
  [0x0c, 'reserved0c',    u24be, ''],
  [0x0f, 'control',       u8,    'CONTROL'],
]);

// prettier-ignore
export const ReadAttribute16 = struct('READ ATTRIBUTE', { size: 16, spec: 'SPC-3 6.11' }, [
  [0x00, 'operationCode', u8,    'OPERATION CODE (8Ch)'],
  [0x01, 'serviceAction', u8,    'SERVICE ACTION. 0: values'],
  [0x02, 'reserved02',    u24be, ''],
  [0x05, 'volume',        u8,    'VOLUME NUMBER'],
  [0x06, 'reserved06',    u8,    ''],
  [0x07, 'partition',     u8,    'PARTITION NUMBER, from 0'],
  [0x08, 'attribute',     u16be, 'FIRST ATTRIBUTE IDENTIFIER'],
  [0x0a, 'length',        u32be, 'ALLOCATION LENGTH'],
  [0x0e, 'reserved0e',    u8,    ''],
  [0x0f, 'control',       u8,    'CONTROL'],
]);

// prettier-ignore
export const MaintenanceIn12 = struct('REPORT SUPPORTED OPERATION CODES', { size: 12, spec: 'SPC-3 6.23' }, [
  [0x00, 'operationCode', u8,    'OPERATION CODE (A3h)'],
  [0x01, 'serviceAction', u8,    'SERVICE ACTION (0Ch)'],
  [0x02, 'options',       u8,    'REPORTING OPTIONS. 0: all commands'],
  [0x03, 'requested',     u24be, 'REQUESTED OPERATION CODE, REQUESTED SERVICE ACTION'],
  [0x06, 'length',        u32be, 'ALLOCATION LENGTH'],
  [0x0a, 'reserved0a',    u8,    ''],
  [0x0b, 'control',       u8,    'CONTROL'],
]);

// prettier-ignore
export const MoveMedium12 = struct('MOVE MEDIUM', { size: 12, spec: 'SMC-2 6.6' }, [
  [0x00, 'operationCode', u8,    'OPERATION CODE (A5h)'],
  [0x01, 'reserved01',    u8,    ''],
  [0x02, 'transport',     u16be, 'MEDIUM TRANSPORT ADDRESS. The picker; 0: the default one'],
  [0x04, 'source',        u16be, 'SOURCE ADDRESS'],
  [0x06, 'destination',   u16be, 'DESTINATION ADDRESS'],
  [0x08, 'reserved08',    u16be, ''],
  [0x0a, 'invert',        u8,    '0x01 INVERT: the other side up'],
  [0x0b, 'control',       u8,    'CONTROL'],
]);

// prettier-ignore
export const ReadElementStatus12 = struct('READ ELEMENT STATUS', { size: 12, spec: 'SMC-2 6.11' }, [
  [0x00, 'operationCode', u8,    'OPERATION CODE (B8h)'],
  [0x01, 'flags',         u8,    '0x10 VOLTAG; ELEMENT TYPE CODE in bits 0 to 3, 0: all'],
  [0x02, 'start',         u16be, 'STARTING ELEMENT ADDRESS'],
  [0x04, 'count',         u16be, 'NUMBER OF ELEMENTS'],
  [0x06, 'options',       u8,    '0x01 DVCID, 0x02 CURDATA: without moving anything'],
  [0x07, 'length',        u24be, 'ALLOCATION LENGTH'],
  [0x0a, 'reserved0a',    u8,    ''],
  [0x0b, 'control',       u8,    'CONTROL'],
]);
