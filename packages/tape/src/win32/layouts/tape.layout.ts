import { reserved, struct, u32, u64, u8 } from '@winback/core/base';

// prettier-ignore
export const TapeErase = struct('TAPE_ERASE', { size: 0x08, spec: 'winnt.h, EraseTape' }, [
  [0x00, 'type',       u32,         'TAPE_ERASE_*'],
  [0x04, 'immediate',  u8,          'Not 0: without waiting for the end'],
  [0x05, 'reserved05', reserved(3), ''],
]);

// prettier-ignore
export const TapePrepare = struct('TAPE_PREPARE', { size: 0x08, spec: 'winnt.h, PrepareTape' }, [
  [0x00, 'operation',  u32,         'TAPE_LOAD to TAPE_FORMAT'],
  [0x04, 'immediate',  u8,          'Not 0: without waiting for the end'],
  [0x05, 'reserved05', reserved(3), ''],
]);

// prettier-ignore
export const TapeWriteMarks = struct('TAPE_WRITE_MARKS', { size: 0x0c, spec: 'winnt.h, WriteTapemark' }, [
  [0x00, 'type',       u32,         'TAPE_SETMARKS to TAPE_LONG_FILEMARKS'],
  [0x04, 'count',      u32,         ''],
  [0x08, 'immediate',  u8,          'Not 0: without waiting for the end'],
  [0x09, 'reserved09', reserved(3), ''],
]);

// prettier-ignore
export const TapeGetPosition = struct('TAPE_GET_POSITION', { size: 0x10, spec: 'winnt.h, GetTapePosition' }, [
  [0x00, 'type',      u32, 'TAPE_*_POSITION'],
  [0x04, 'partition', u32, 'From 1; 0 where the device does not tell'],
  [0x08, 'offset',    u64, 'LARGE_INTEGER. Blocks and marks, or an address of the device'],
]);

// prettier-ignore
export const TapeSetPosition = struct('TAPE_SET_POSITION', { size: 0x18, spec: 'winnt.h, SetTapePosition' }, [
  [0x00, 'method',     u32,         'TAPE_REWIND to TAPE_SPACE_SEQUENTIAL_SMKS'],
  [0x04, 'partition',  u32,         'From 1; 0: the current one'],
  [0x08, 'offset',     u64,         'LARGE_INTEGER. Address or, with a sign, how many to move over'],
  [0x10, 'immediate',  u8,          'Not 0: without waiting for the end'],
  [0x11, 'reserved11', reserved(7), ''],
]);

// prettier-ignore
export const TapeGetDriveParameters = struct('TAPE_GET_DRIVE_PARAMETERS', { size: 0x20, spec: 'winnt.h, GetTapeParameters' }, [
  [0x00, 'ecc',                   u8,  'ECC. BOOLEAN, as the three that follow'],
  [0x01, 'compression',           u8,  ''],
  [0x02, 'dataPadding',           u8,  'Tapes that must stream are kept moving with empty blocks'],
  [0x03, 'reportSetmarks',        u8,  ''],
  [0x04, 'defaultBlockSize',      u32, 'Bytes, as the two that follow'],
  [0x08, 'maximumBlockSize',      u32, ''],
  [0x0c, 'minimumBlockSize',      u32, ''],
  [0x10, 'maximumPartitionCount', u32, ''],
  [0x14, 'featuresLow',           u32, 'TAPE_DRIVE_* flags'],
  [0x18, 'featuresHigh',          u32, 'TAPE_DRIVE_* flags, each of them with bit 31, which says that they are these'],
  [0x1c, 'eotWarningZoneSize',    u32, 'EOTWarningZoneSize. Bytes'],
]);

// prettier-ignore
export const TapeSetDriveParameters = struct('TAPE_SET_DRIVE_PARAMETERS', { size: 0x08, spec: 'winnt.h, SetTapeParameters' }, [
  [0x00, 'ecc',                u8,  'ECC. BOOLEAN, as the three that follow'],
  [0x01, 'compression',        u8,  ''],
  [0x02, 'dataPadding',        u8,  ''],
  [0x03, 'reportSetmarks',     u8,  ''],
  [0x04, 'eotWarningZoneSize', u32, 'EOTWarningZoneSize. Bytes'],
]);

// prettier-ignore
export const TapeGetMediaParameters = struct('TAPE_GET_MEDIA_PARAMETERS', { size: 0x20, spec: 'winnt.h, GetTapeParameters' }, [
  [0x00, 'capacity',       u64,         'LARGE_INTEGER. Bytes of the partition'],
  [0x08, 'remaining',      u64,         'LARGE_INTEGER. Bytes from here to its end'],
  [0x10, 'blockSize',      u32,         'Bytes; 0: each block has a size of its own'],
  [0x14, 'partitionCount', u32,         ''],
  [0x18, 'writeProtected', u8,          'BOOLEAN'],
  [0x19, 'reserved19',     reserved(7), ''],
]);

// prettier-ignore
export const TapeSetMediaParameters = struct('TAPE_SET_MEDIA_PARAMETERS', { size: 0x04, spec: 'winnt.h, SetTapeParameters' }, [
  [0x00, 'blockSize', u32, 'Bytes; 0: each block has a size of its own'],
]);

// prettier-ignore
export const TapeCreatePartition = struct('TAPE_CREATE_PARTITION', { size: 0x0c, spec: 'winnt.h, CreateTapePartition' }, [
  [0x00, 'method', u32, 'TAPE_*_PARTITIONS'],
  [0x04, 'count',  u32, ''],
  [0x08, 'size',   u32, 'Megabytes'],
]);
