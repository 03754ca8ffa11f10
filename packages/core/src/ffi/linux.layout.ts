import { bytes, i32, reserved, struct, u16, u32, u64 } from '../binary/index.js';

// prettier-ignore
export const StatxTimestamp = struct('statx_timestamp', { size: 0x10, spec: 'linux/stat.h' }, [
  [0x00, 'seconds',     u64,         'tv_sec. Signed'],
  [0x08, 'nanoseconds', u32,         'tv_nsec'],
  [0x0c, 'reserved0c',  i32,         '__reserved'],
]);

// prettier-ignore
export const Statx = struct('statx', { size: 0x100, spec: 'linux/stat.h' }, [
  [0x00, 'mask',           u32,            'stx_mask. STATX_* of what was answered'],
  [0x04, 'blockSize',      u32,            'stx_blksize'],
  [0x08, 'attributes',     u64,            'stx_attributes. STATX_ATTR_*'],
  [0x10, 'linkCount',      u32,            'stx_nlink'],
  [0x14, 'userId',         u32,            'stx_uid'],
  [0x18, 'groupId',        u32,            'stx_gid'],
  [0x1c, 'mode',           u16,            'stx_mode'],
  [0x1e, 'reserved1e',     reserved(2),    '__spare0'],
  [0x20, 'inode',          u64,            'stx_ino'],
  [0x28, 'size',           u64,            'stx_size'],
  [0x30, 'blocks',         u64,            'stx_blocks. Of 512 bytes'],
  [0x38, 'attributesMask', u64,            'stx_attributes_mask'],
  [0x40, 'accessTime',     StatxTimestamp, 'stx_atime'],
  [0x50, 'birthTime',      StatxTimestamp, 'stx_btime'],
  [0x60, 'changeTime',     StatxTimestamp, 'stx_ctime'],
  [0x70, 'modifyTime',     StatxTimestamp, 'stx_mtime'],
  [0x80, 'rdevMajor',      u32,            'stx_rdev_major'],
  [0x84, 'rdevMinor',      u32,            'stx_rdev_minor'],
  [0x88, 'devMajor',       u32,            'stx_dev_major'],
  [0x8c, 'devMinor',       u32,            'stx_dev_minor'],
  [0x90, 'mountId',        u64,            'stx_mnt_id. Since Linux 5.8'],
  [0x98, 'unknown98',      bytes(0x68),    'Direct I/O alignment and spare'],
]);

// prettier-ignore
export const LinuxDirent64 = struct('linux_dirent64', { size: 0x13, spec: 'getdents(2)' }, [
  [0x00, 'inode',        u64,                       'd_ino'],
  [0x08, 'offset',       u64,                       'd_off. Opaque'],
  [0x10, 'recordLength', u16,                       'd_reclen. To the next entry'],
  [0x12, 'type',         bytes(1),                  'd_type. DT_*; the name follows, ended by NUL'],
]);
