import { magic, reserved, size64, struct, u16, u32, u8 } from '@winback/core';

// prettier-ignore
export const RawHeader = struct('EFSRPC_RAW_DATA', { size: 0x14, spec: 'MS-EFSR 2.2.3' }, [
  [0x00, 'version',    u32,                        'Bytes 00 01 00 00'],
  [0x04, 'signature',  magic('R\0O\0B\0S\0'),      ''],
  [0x0c, 'reserved0c', reserved(8),                ''],
]);

// prettier-ignore
export const MarshaledStream = struct('EFSRPC_MARSHALED_STREAM', { size: 0x1c, spec: 'MS-EFSR 2.2.3.1' }, [
  [0x00, 'length',     u32,                        'Bytes of this header with the name behind it'],
  [0x04, 'signature',  magic('N\0T\0F\0S\0'),      ''],
  [0x0c, 'flag',       u32,                        '0: encrypted, and the metadata stream. 1: not encrypted'],
  [0x10, 'reserved10', reserved(8),                ''],
  [0x18, 'nameLength', u32,                        'Bytes. 2: the name is a number, 0x1910 for the metadata stream'],
]);

// prettier-ignore
export const StreamSegment = struct('EFSRPC_STREAM_SEGMENT', { size: 0x10, spec: 'MS-EFSR 2.2.3.2' }, [
  [0x00, 'length',     u32,                        'Bytes of this header and all that belongs to the segment'],
  [0x04, 'signature',  magic('G\0U\0R\0E\0'),      ''],
  [0x0c, 'reserved0c', reserved(4),                ''],
]);

// prettier-ignore
export const EncryptedDataInfo = struct('ENCRYPTED_DATA_INFO', { size: 0x1c, spec: 'MS-EFSR 2.2.3.3; winioctl.h' }, [
  [0x00, 'startingFileOffset',    size64,          'Where in the stream the data belongs'],
  [0x08, 'length',                u32,             'Bytes of this header with the block sizes and what follows them'],
  [0x0c, 'bytesWithinStreamSize', u32,             'Bytes of the segment that the stream has'],
  [0x10, 'bytesWithinVdl',        u32,             'Bytes of the segment within the valid data length; what follows is zero after decryption'],
  [0x14, 'reserved14',            reserved(2),     ''],
  [0x16, 'dataUnitShift',         u8,              'log2 of the data unit: the size of the data, or the compression unit of a sparse file'],
  [0x17, 'chunkShift',            u8,              'The same'],
  [0x18, 'clusterShift',          u8,              'log2 of the cluster size'],
  [0x19, 'encryptionFormat',      u8,              '1'],
  [0x1a, 'numberOfDataBlocks',    u16,             'Sizes of 32 bits that follow; 0 is a hole of one data unit'],
]);

// prettier-ignore
export const ExtendedDataInfo = struct('EXTENDED_ENCRYPTED_DATA_INFO', { size: 0x10, spec: 'MS-EFSR 2.2.3.4; winioctl.h' }, [
  [0x00, 'signature',  magic('EXTD'),              ''],
  [0x04, 'length',     u32,                        '16'],
  [0x08, 'flags',      u32,                        '1: of a sparse file'],
  [0x0c, 'reserved0c', reserved(4),                ''],
]);
