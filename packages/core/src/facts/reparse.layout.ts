import { enumOf, reserved, struct, u16, u32 } from '../binary/index.js';

/** IO_REPARSE_TAG_* (MS-FSCC 2.1.2.1). */
export const ReparseTag = {
  MOUNT_POINT: 0xa000_0003,
  SYMLINK: 0xa000_000c,
  SIS: 0x8000_0007,
  DEDUP: 0x8000_0013,
  NFS: 0x8000_0014,
  WOF: 0x8000_0017,
  WCI: 0x8000_0018,
  APPEXECLINK: 0x8000_001b,
  LX_SYMLINK: 0xa000_001d,
  AF_UNIX: 0x8000_0023,
  LX_FIFO: 0x8000_0024,
  LX_CHR: 0x8000_0025,
  LX_BLK: 0x8000_0026,
} as const;

// prettier-ignore
export const ReparseDataBuffer = struct('REPARSE_DATA_BUFFER', { size: 0x08, spec: 'MS-FSCC 2.1.2.2' }, [
  [0x00, 'reparseTag',        enumOf(u32, 'ReparseTag', ReparseTag), ''],
  [0x04, 'reparseDataLength', u16,                                   'Bytes that follow'],
  [0x06, 'reserved06',        reserved(2),                           ''],
]);

// prettier-ignore
export const SymbolicLinkReparse = struct('SymbolicLinkReparseBuffer', { size: 0x0c, spec: 'MS-FSCC 2.1.2.4' }, [
  [0x00, 'substituteNameOffset', u16, 'From the end of this structure'],
  [0x02, 'substituteNameLength', u16, 'Bytes'],
  [0x04, 'printNameOffset',      u16, 'From the end of this structure'],
  [0x06, 'printNameLength',      u16, 'Bytes'],
  [0x08, 'flags',                u32, '1 SYMLINK_FLAG_RELATIVE'],
]);
