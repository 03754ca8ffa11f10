import { struct, u16be, u32be, u8 } from '../binary/index.js';

// prettier-ignore
export const SidHeader = struct('SID', { size: 0x08, spec: 'MS-DTYP 2.4.2.2' }, [
  [0x00, 'revision',                u8,    '1'],
  [0x01, 'subAuthorityCount',       u8,    'How many u32 follow, at most 15'],
  [0x02, 'identifierAuthorityHigh', u16be, 'IdentifierAuthority. The first 2 of its 6 bytes'],
  [0x04, 'identifierAuthorityLow',  u32be, 'IdentifierAuthority. The last 4 of its 6 bytes'],
]);
