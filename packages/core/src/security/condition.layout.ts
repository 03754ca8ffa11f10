import { magic, struct, u32, u64, u8 } from '../binary/index.js';

/** What a token of a conditional expression is: its first byte (MS-DTYP 2.4.4.17.5 to .8). */
export const ConditionToken = {
  PADDING: 0x00,
  INT8: 0x01,
  INT16: 0x02,
  INT32: 0x03,
  INT64: 0x04,
  UNICODE_STRING: 0x10,
  OCTET_STRING: 0x18,
  COMPOSITE: 0x50,
  SID: 0x51,
  EXISTS: 0x87,
  NOT_EXISTS: 0x8d,
  AND: 0xa0,
  OR: 0xa1,
  NOT: 0xa2,
  LOCAL_ATTRIBUTE: 0xf8,
  USER_ATTRIBUTE: 0xf9,
  RESOURCE_ATTRIBUTE: 0xfa,
  DEVICE_ATTRIBUTE: 0xfb,
} as const;

/** How the sign of an integer was written; it overrides the sign of the value. */
export const ConditionSign = { PLUS: 1, MINUS: 2, NONE: 3 } as const;

/** How an integer was written. */
export const ConditionBase = { OCTAL: 1, DECIMAL: 2, HEXADECIMAL: 3 } as const;

// prettier-ignore
export const ConditionalAceData = struct('conditional ACE data', { size: 0x04, spec: 'MS-DTYP 2.4.4.17.4' }, [
  [0x00, 'signature', magic('artx'), 'ACE_CONDITION_SIGNATURE. The tokens of the expression follow in postfix order, then zeros up to a multiple of 4'],
]);

// prettier-ignore
export const ConditionInteger = struct('integer token', { size: 0x0b, spec: 'MS-DTYP 2.4.4.17.5' }, [
  [0x00, 'byteCode', u8,  'ConditionToken: 1 to 4'],
  [0x01, 'value',    u64, 'Two\'s complement'],
  [0x09, 'sign',     u8,  '1 plus, 2 minus, 3 none; overrides that of the value'],
  [0x0a, 'base',     u8,  '1 octal, 2 decimal, 3 hexadecimal'],
]);

// prettier-ignore
export const ConditionBytes = struct('token with a length', { size: 0x05, spec: 'MS-DTYP 2.4.4.17.5, 2.4.4.17.8' }, [
  [0x00, 'byteCode', u8,  'ConditionToken: a string, an octet string, a SID, a list of literals, or the name of an attribute'],
  [0x01, 'length',   u32, 'Bytes that follow'],
]);
