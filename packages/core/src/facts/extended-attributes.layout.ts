import { struct, u16, u32, u64, u8 } from '../binary/index.js';

// prettier-ignore
export const FileFullEaInformation = struct('FILE_FULL_EA_INFORMATION', { size: 0x08, spec: 'MS-FSCC 2.4.15.1' }, [
  [0x00, 'nextEntryOffset', u32, 'Bytes from this entry to the next, a multiple of 4; 0 in the last'],
  [0x04, 'flags',           u8,  '0x80 FILE_NEED_EA'],
  [0x05, 'eaNameLength',    u8,  'Bytes of the ASCII name, without the NUL that follows it'],
  [0x06, 'eaValueLength',   u16, 'Bytes of the value, behind the NUL'],
]);

// prettier-ignore
export const LxXattrHeader = struct('LXXATTR', { size: 0x04, spec: 'seen in volumes written by WSL' }, [
  [0x00, 'unknown00', u16, '0'],
  [0x02, 'version',   u16, '1'],
]);

// prettier-ignore
export const LxXattrEntry = struct('LXXATTR entry', { size: 0x07, spec: 'seen in volumes written by WSL' }, [
  [0x00, 'nextEntryOffset', u32, 'Bytes from this entry to the next: header, name, value and one byte more; 0 in the last'],
  [0x04, 'valueLength',     u16, ''],
  [0x06, 'nameLength',      u8,  'Bytes of the name, which follows; then the value'],
]);

// prettier-ignore
export const LxAttrB = struct('LXATTRB', { size: 0x38, spec: 'seen in volumes written by the first WSL' }, [
  [0x00, 'unknown00',    u16, '0'],
  [0x02, 'version',      u16, '1'],
  [0x04, 'mode',         u32, 'st_mode'],
  [0x08, 'userId',       u32, ''],
  [0x0c, 'groupId',      u32, ''],
  [0x10, 'device',       u32, 'As makedev of Linux packs it, 0 for what is no device'],
  [0x14, 'accessNanos',  u32, 'Nanoseconds of accessTime'],
  [0x18, 'writeNanos',   u32, ''],
  [0x1c, 'changeNanos',  u32, ''],
  [0x20, 'accessTime',   u64, 'Seconds since 1970'],
  [0x28, 'writeTime',    u64, ''],
  [0x30, 'changeTime',   u64, ''],
]);

// prettier-ignore
export const XattrPiece = struct('$WBXATTR', { size: 0x0c, spec: 'Winback: POSIX extended attributes that do not fit LXXATTR' }, [
  [0x00, 'totalLength', u32, 'Bytes of the whole value'],
  [0x04, 'offset',      u32, 'Where this piece belongs in the value'],
  [0x08, 'nameLength',  u32, 'Bytes of the name, which follows; then the piece, to the end of the attribute'],
]);
