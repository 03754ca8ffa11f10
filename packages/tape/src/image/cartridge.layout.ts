import { enumOf, guid, magic, reserved, size64, struct, u16, u32, u8 } from '@winback/core/base';

/** What a record of a cartridge is. */
export const RecordKind = { BLOCK: 1, FILEMARK: 2, SETMARK: 3, SHORT_FILEMARK: 4, LONG_FILEMARK: 5 } as const;

const SPEC = 'Winback: a tape cartridge in a file';

// prettier-ignore
export const CartridgeHeader = struct('WBTAPE', { size: 0x40, spec: SPEC }, [
  [0x00, 'signature',      magic('WBTAPE01'), ''],
  [0x08, 'sequence',       size64,            'One more with each time that a header is written. They are at byte 0 and 4096 in turn; the higher one counts'],
  [0x10, 'id',             guid,              'Of the cartridge, for as long as it lives'],
  [0x20, 'salt',           u32,               'By chance, with each formatting. The checksum of a record begins with it, so that no data passes for a record'],
  [0x24, 'flags',          u32,               'bit0 write-protected, bit1 compression, bit2 setmarks are not reported'],
  [0x28, 'capacity',       size64,            'Bytes of all partitions'],
  [0x30, 'warningZone',    size64,            'Bytes before the end of a partition in which each write warns'],
  [0x38, 'partitionCount', u32,               '1 to 16. So many WBTAPE partition follow'],
  [0x3c, 'checksum',       u32,               'CRC-32 of the 4096 bytes from the signature on, this field taken as 0'],
]);

// prettier-ignore
export const CartridgePartition = struct('WBTAPE partition', { size: 0x40, spec: SPEC }, [
  [0x00, 'start',          size64,      'Byte in the file. The first record is there'],
  [0x08, 'capacity',       size64,      'Bytes, with the heads of records'],
  [0x10, 'endNumber',      size64,      'Records before the end of data, which was here or further on when the header was written'],
  [0x18, 'endOffset',      size64,      'Byte in the file where it was'],
  [0x20, 'lastOffset',     size64,      'Byte of the record before it; 0 where there is none'],
  [0x28, 'lastMarkOffset', size64,      'Byte of the last mark before it; 0 where there is none'],
  [0x30, 'highWater',      size64,      'Byte behind all that was ever written here'],
  [0x38, 'generation',     u32,         'Records from the end of data on count when they have this one. One more with each writing that begins'],
  [0x3c, 'reserved3c',     reserved(4), ''],
]);

// prettier-ignore
export const CartridgeRecord = struct('WBTAPE record', { size: 0x40, spec: SPEC }, [
  [0x00, 'signature',    magic('WBTR'),                       'Records begin at multiples of 64'],
  [0x04, 'kind',         enumOf(u8, 'RecordKind', RecordKind), '1 block, 2 filemark, 3 setmark, 4 short filemark, 5 long filemark'],
  [0x05, 'partition',    u8,                                  'From 0'],
  [0x06, 'reserved6',    u16,                                 ''],
  [0x08, 'length',       u32,                                 'Bytes of the block, which follow, with zeros up to the next record; 0 for marks'],
  [0x0c, 'dataChecksum', u32,                                 'CRC-32 of the block'],
  [0x10, 'generation',   u32,                                 'That of the partition when it was written'],
  [0x14, 'checksum',     u32,                                 'CRC-32 of these 64 bytes, begun with the salt, this field taken as 0'],
  [0x18, 'number',       size64,                              'Records before it in the partition: its logical block address'],
  [0x20, 'offset',       size64,                              'Its own byte in the file'],
  [0x28, 'previous',     size64,                              'Byte of the record before it; 0 where there is none'],
  [0x30, 'jump',         size64,                              'Byte of the record whose number is this one without its lowest bit that is set; 0 for the first'],
  [0x38, 'previousMark', size64,                              'Byte of the last mark before it; 0 where there is none'],
]);

/** Of cartridges in files, for the documentation and the tests. */
export const cartridgeLayouts = [CartridgeHeader, CartridgePartition, CartridgeRecord] as const;
