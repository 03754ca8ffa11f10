import { magic, struct, u32, u64 } from '../../binary/index.js';

const SPEC = 'Windows registry file format specification (msuhanov)';

/** Logs begin with a copy of the base block, and everything in them stands at multiples of this. */
export const SECTOR = 512;

// prettier-ignore
export const DirtyVector = struct('DIRT', { size: 0x04, spec: `${SPEC}, Dirty vector` }, [
  [0x00, 'signature', magic('DIRT'), 'A bit for each 512 bytes of the bins follows, then, from the next sector, those whose bit is set'],
]);

// prettier-ignore
export const LogEntry = struct('HvLE', { size: 0x28, spec: `${SPEC}, Log entries` }, [
  [0x00, 'signature', magic('HvLE'), ''],
  [0x04, 'size',      u32,           'Bytes of the entry, a multiple of 512'],
  [0x08, 'flags',     u32,           'Bit 0: that of the base block'],
  [0x0c, 'sequence',  u32,           ''],
  [0x10, 'binsSize',  u32,           'Bytes of all bins when it was written'],
  [0x14, 'pageCount', u32,           ''],
  [0x18, 'hash1',     u64,           'Marvin32 of everything behind this header'],
  [0x20, 'hash2',     u64,           'Marvin32 of the 32 bytes before'],
]);

// prettier-ignore
export const LogPage = struct('HvLE page', { size: 0x08, spec: `${SPEC}, Log entries` }, [
  [0x00, 'offset', u32, 'In the bins'],
  [0x04, 'size',   u32, 'Bytes. The pages themselves follow all of these, without gaps'],
]);
