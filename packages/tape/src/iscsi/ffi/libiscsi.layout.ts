import { bytes, i32, struct, u32, u64 } from '@winback/core/base';

// As a 64-bit little-endian processor has them; a test compares them with the C headers.

// prettier-ignore
export const ScsiSenseC = struct('struct scsi_sense', { size: 0x10, spec: 'libiscsi, scsi-lowlevel.h' }, [
  [0x00, 'errorType',    u32, 'error_type, one byte of it'],
  [0x04, 'key',          i32, 'key'],
  [0x08, 'ascq',         i32, 'ascq. ASC in bits 8 to 15'],
  [0x0c, 'fieldPointer', u32, 'bit fields, bit_pointer and field_pointer'],
]);

// prettier-ignore
export const ScsiTask = struct('struct scsi_task', { size: 0xb0, spec: 'libiscsi, scsi-lowlevel.h' }, [
  [0x00, 'status',         i32,        'status. SCSI\'s, or 0x0F000000 and above: cancelled, failed, timed out'],
  [0x04, 'cdbSize',        i32,        'cdb_size'],
  [0x08, 'direction',      i32,        'xfer_dir. 0 none, 1 read, 2 write'],
  [0x0c, 'expectedLength', i32,        'expxferlen. Bytes'],
  [0x10, 'cdb',            bytes(16),  'cdb'],
  [0x20, 'residualStatus', u32,        'residual_status. 0 none, 1 underflow, 2 overflow'],
  [0x24, 'padding24',      u32,        ''],
  [0x28, 'residual',       u64,        'residual. Bytes'],
  [0x30, 'sense',          ScsiSenseC, 'sense. As the library reads it'],
  [0x40, 'dataInSize',     i32,        'datain.size. Bytes'],
  [0x44, 'padding44',      u32,        ''],
  [0x48, 'dataIn',         u64,        'datain.data. Address of what came that no buffer was given for: SenseLength and sense data'],
  [0x50, 'memory',         u64,        'mem'],
  [0x58, 'pointer',        u64,        'ptr'],
  [0x60, 'taskTag',        u32,        'itt'],
  [0x64, 'commandNumber',  u32,        'cmdsn'],
  [0x68, 'unit',           u32,        'lun'],
  [0x6c, 'padding6c',      u32,        ''],
  [0x70, 'vectorIn',       bytes(32),  'iovector_in'],
  [0x90, 'vectorOut',      bytes(32),  'iovector_out'],
]);
