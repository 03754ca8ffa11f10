import { size64, struct, u32 } from '@winback/core';

// prettier-ignore
export const SecurityEntry = struct('$SDS entry', { size: 0x14, spec: 'libfsntfs documentation, $Secure' }, [
  [0x00, 'hash',       u32,    'Of the descriptor: for each 32-bit word, rotate left by 3 and add'],
  [0x04, 'securityId', u32,    'From 0x100'],
  [0x08, 'offset',     size64, 'Of this entry in the stream. A copy of it stands 0x40000 bytes further'],
  [0x10, 'length',     u32,    'Bytes with this header; a self-relative SECURITY_DESCRIPTOR follows. Entries begin at multiples of 16'],
]);
