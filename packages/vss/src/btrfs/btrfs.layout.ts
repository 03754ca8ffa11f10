import { bytes, reserved, struct, u64, u8 } from '@winback/core';

// prettier-ignore
export const BtrfsVolArgs = struct('btrfs_ioctl_vol_args', { size: 0x1000, spec: 'linux/btrfs.h' }, [
  [0x00, 'fd',   u64,           'Unused by BTRFS_IOC_SNAP_DESTROY'],
  [0x08, 'name', bytes(0xff8),  'Ended by NUL'],
]);

// prettier-ignore
export const BtrfsVolArgsV2 = struct('btrfs_ioctl_vol_args_v2', { size: 0x1000, spec: 'linux/btrfs.h' }, [
  [0x00, 'fd',         u64,          'Of the subvolume to be snapshotted'],
  [0x08, 'transid',    u64,          'Out'],
  [0x10, 'flags',      u64,          'BTRFS_SUBVOL_*'],
  [0x18, 'reserved18', reserved(32), 'Quota group inheritance'],
  [0x38, 'name',       bytes(0xfc8), 'Ended by NUL'],
]);

/** Children a BTRFS_IOC_GET_SUBVOL_ROOTREF names at a time. */
export const ROOTREF_COUNT = 255;

// prettier-ignore
export const BtrfsRootref = struct('btrfs_ioctl_get_subvol_rootref_args.rootref', { size: 0x10, spec: 'linux/btrfs.h' }, [
  [0x00, 'treeId',      u64, 'treeid. Of the child'],
  [0x08, 'directoryId', u64, 'dirid. Inode of the folder that it stands in'],
]);

// prettier-ignore
export const BtrfsSubvolRootref = struct('btrfs_ioctl_get_subvol_rootref_args', { size: 0x1000, spec: 'linux/btrfs.h' }, [
  [0x000, 'minTreeId',   u64,           'min_treeid. Where to go on'],
  [0x008, 'rootrefs',    bytes(0xff0),  'rootref[255]'],
  [0xff8, 'count',       u8,            'num_items'],
  [0xff9, 'reservedff9', reserved(7),   'align'],
]);

// prettier-ignore
export const BtrfsInoLookupUser = struct('btrfs_ioctl_ino_lookup_user_args', { size: 0x1000, spec: 'linux/btrfs.h' }, [
  [0x000, 'directoryId', u64,           'dirid. In'],
  [0x008, 'treeId',      u64,           'treeid. In'],
  [0x010, 'name',        bytes(0x100),  'Out: of the subvolume'],
  [0x110, 'path',        bytes(0xef0),  'Out: of the folder it stands in, with a slash at the end'],
]);
