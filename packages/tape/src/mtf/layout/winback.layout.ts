import { ascii, struct, u16, u32, u64, u8, size64 } from '@winback/core';

// Times are seconds since 1970-01-01 UTC in two's complement and nanoseconds on top: a FILETIME ends at 100 ns, and 64 bits of
// nanoseconds end in 2262, which file systems already outlive.
// prettier-ignore
export const WinbackFacts = struct('WBFX', { size: 0x58, spec: 'Winback: facts of a file that the format has no room for' }, [
  [0x00, 'version',          u16,    '1'],
  [0x02, 'kind',             u8,     '0 file, 1 folder, 2 symbolic link, 3 fifo, 4 socket, 5 character device, 6 block device, 7 reparse point'],
  [0x03, 'flags',            u8,     'Which are present: bit0 implied, 1 file id, 2 last access, 3 creation, 4 change, 5 linkTo'],
  [0x04, 'linkCount',        u32,    ''],
  [0x08, 'size',             size64, 'Bytes of the unnamed data stream'],
  [0x10, 'fileIdLow',        u64,    'Inode or file reference number'],
  [0x18, 'fileIdHigh',       u64,    'Its upper half, 0 but for 128-bit ids'],
  [0x20, 'lastWrite',        u64,    'Seconds'],
  [0x28, 'lastAccess',       u64,    'Seconds'],
  [0x30, 'creation',         u64,    'Seconds'],
  [0x38, 'change',           u64,    'Seconds'],
  [0x40, 'lastWriteBelow',   u32,    'Nanoseconds'],
  [0x44, 'lastAccessBelow',  u32,    'Nanoseconds'],
  [0x48, 'creationBelow',    u32,    'Nanoseconds'],
  [0x4c, 'changeBelow',      u32,    'Nanoseconds'],
  [0x50, 'blockChecksum',    u32,    'XOR of the words of the block behind its header, up to its first stream: nothing else protects names'],
  [0x54, 'linkToSize',       u32,    'Bytes of linkTo, which follows in UTF-16 with NUL between the parts: a POSIX name may hold a backslash'],
]);

// prettier-ignore
export const WinbackStream = struct('WBST', { size: 0x04, spec: 'Winback: a stream that the format has no id for' }, [
  [0x00, 'headerSize', u32, 'Bytes of the stream\'s header in JSON (UTF-8), which follows; then the data'],
]);

// prettier-ignore
export const WinbackTail = struct('WBTL', { size: 0x08, spec: 'Winback: the last bytes of an entry of a catalog, behind its strings' }, [
  [0x00, 'size', u32,      'Bytes before this: in entries of objects the facts as in `WBFX`, in those of sets the catalog as in `WBCT`'],
  [0x04, 'id',   ascii(4), '`WBTL`'],
]);
