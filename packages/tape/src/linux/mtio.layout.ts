import { i32, reserved, struct, u16, u32, u64, u8 } from '@winback/core/base';

// Of systems with 64 bits: `long` has eight bytes.

// prettier-ignore
export const Mtop = struct('mtop', { size: 8, spec: 'linux/mtio.h, MTIOCTOP' }, [
  [0x00, 'operation',  u16,         'mt_op. MT*'],
  [0x02, 'reserved02', reserved(2), ''],
  [0x04, 'count',      i32,         'mt_count'],
]);

// prettier-ignore
export const Mtget = struct('mtget', { size: 0x30, spec: 'linux/mtio.h, MTIOCGET; st.rst' }, [
  [0x00, 'type',       u64, 'mt_type. MT_IS*'],
  [0x08, 'partition',  u64, 'mt_resid. st tells the current partition in it, from 0'],
  [0x10, 'blockSize',  u64, 'mt_dsreg. Block size in bits 0 to 23, density in bits 24 to 31'],
  [0x18, 'status',     u64, 'mt_gstat. GMT_*'],
  [0x20, 'softErrors', u64, 'mt_erreg. Recovered errors in bits 0 to 15'],
  [0x28, 'file',       i32, 'mt_fileno. Filemarks before here; -1: unknown'],
  [0x2c, 'block',      i32, 'mt_blkno. Blocks behind that filemark; -1: unknown'],
]);

// prettier-ignore
export const Mtpos = struct('mtpos', { size: 8, spec: 'linux/mtio.h, MTIOCPOS' }, [
  [0x00, 'block', u64, 'mt_blkno'],
]);

// prettier-ignore
export const SgIoHeader = struct('sg_io_hdr', { size: 0x58, spec: 'scsi/sg.h, SG_IO' }, [
  [0x00, 'interfaceId',    i32,         "interface_id. 'S'"],
  [0x04, 'direction',      i32,         'dxfer_direction. -1 none, -2 to the device, -3 from it'],
  [0x08, 'commandLength',  u8,          'cmd_len'],
  [0x09, 'senseLength',    u8,          'mx_sb_len. Room for sense data'],
  [0x0a, 'vectorCount',    u16,         'iovec_count'],
  [0x0c, 'dataLength',     u32,         'dxfer_len'],
  [0x10, 'data',           u64,         'dxferp'],
  [0x18, 'command',        u64,         'cmdp'],
  [0x20, 'sense',          u64,         'sbp'],
  [0x28, 'timeout',        u32,         'timeout. Milliseconds'],
  [0x2c, 'flags',          u32,         'flags. SG_FLAG_*'],
  [0x30, 'packId',         i32,         'pack_id'],
  [0x34, 'reserved34',     reserved(4), ''],
  [0x38, 'user',           u64,         'usr_ptr'],
  [0x40, 'status',         u8,          'status. Of SCSI'],
  [0x41, 'maskedStatus',   u8,          'masked_status'],
  [0x42, 'messageStatus',  u8,          'msg_status'],
  [0x43, 'senseWritten',   u8,          'sb_len_wr. Bytes of sense data'],
  [0x44, 'hostStatus',     u16,         'host_status. DID_*'],
  [0x46, 'driverStatus',   u16,         'driver_status'],
  [0x48, 'residual',       i32,         'resid. Bytes that were not transferred'],
  [0x4c, 'duration',       u32,         'duration. Milliseconds'],
  [0x50, 'info',           u32,         'info. SG_INFO_*'],
  [0x54, 'reserved54',     reserved(4), ''],
]);
