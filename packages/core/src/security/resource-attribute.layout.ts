import { enumOf, struct, u16, u32 } from '../binary/index.js';

/** What the values of a claim or resource attribute are (MS-DTYP 2.4.10.1; FQBN from winnt.h). */
export const ClaimValueType = { INT64: 1, UINT64: 2, STRING: 3, FQBN: 4, SID: 5, BOOLEAN: 6, OCTET_STRING: 0x10 } as const;

// prettier-ignore
export const ClaimSecurityAttribute = struct('CLAIM_SECURITY_ATTRIBUTE_RELATIVE_V1', { size: 0x10, spec: 'MS-DTYP 2.4.10.1' }, [
  [0x00, 'name',       u32,                                           'Offset of the name, UTF-16 with a NUL at its end. All offsets are from the start of this structure'],
  [0x04, 'valueType',  enumOf(u16, 'ClaimValueType', ClaimValueType), ''],
  [0x06, 'reserved06', u16,                                           '0'],
  [0x08, 'flags',      u32,                                           'CLAIM_SECURITY_ATTRIBUTE_* in the lower half, the application\'s in the upper'],
  [0x0c, 'valueCount', u32,                                           'How many u32 offsets of values follow'],
]);

// prettier-ignore
export const ClaimOctetString = struct('CLAIM_SECURITY_ATTRIBUTE_OCTET_STRING_RELATIVE', { size: 0x04, spec: 'MS-DTYP 2.4.10.2' }, [
  [0x00, 'length', u32, 'Bytes that follow'],
]);
