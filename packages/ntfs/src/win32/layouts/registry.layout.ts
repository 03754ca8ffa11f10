import { reserved, struct, u32, u64 } from '@winback/core';

// prettier-ignore
export const SecurityAttributes = struct('SECURITY_ATTRIBUTES', { size: 0x18, spec: 'wtypesbase.h; of 64-bit processes' }, [
  [0x00, 'length',             u32,         'nLength. Bytes of this structure'],
  [0x04, 'reserved04',         reserved(4), ''],
  [0x08, 'securityDescriptor', u64,         'lpSecurityDescriptor. Address, or 0'],
  [0x10, 'inheritHandle',      u32,         'bInheritHandle. 1: processes that this one starts have the handle too'],
  [0x14, 'reserved14',         reserved(4), ''],
]);

// prettier-ignore
export const KeyBasicInformation = struct('KEY_BASIC_INFORMATION', { size: 0x10, spec: 'wdm.h' }, [
  [0x00, 'lastWriteTime', u64, 'FILETIME'],
  [0x08, 'titleIndex',    u32, ''],
  [0x0c, 'nameLength',    u32, 'Bytes of the name, which follows'],
]);
