import { i32, magic, struct, u16, u32, u64 } from '../../binary/index.js';

const SPEC = 'Windows registry file format specification (msuhanov)';

/** An offset that points nowhere. */
export const NOWHERE = 0xffff_ffff;

/** KEY_* flags of a key node. */
export const KeyFlag = {
  VOLATILE: 0x01,
  HIVE_EXIT: 0x02,
  HIVE_ENTRY: 0x04,
  NO_DELETE: 0x08,
  SYM_LINK: 0x10,
  /** The name is Latin-1, one byte a character. */
  COMP_NAME: 0x20,
  /** The key has no values: their number is a handle. */
  PREDEF_HANDLE: 0x40,
} as const;

/** Flags of a value. */
export const ValueFlag = {
  /** The name is Latin-1, one byte a character. */
  COMP_NAME: 0x01,
  TOMBSTONE: 0x02,
} as const;

// prettier-ignore
export const CellHeader = struct('cell', { size: 0x04, spec: `${SPEC}, Cell` }, [
  [0x00, 'size', i32, 'Bytes with this field, a multiple of 8; negative: in use'],
]);

// prettier-ignore
export const KeyNode = struct('nk', { size: 0x4c, spec: `${SPEC}, Key node` }, [
  [0x00, 'signature',           magic('nk'), ''],
  [0x02, 'flags',               u16,         'KeyFlag'],
  [0x04, 'lastWrite',           u64,         'FILETIME'],
  [0x0c, 'accessBits',          u32,         'Windows 8 and later: when it was opened; then bits of layered keys'],
  [0x10, 'parent',              u32,         'Key node; without meaning in the root'],
  [0x14, 'subkeyCount',         u32,         ''],
  [0x18, 'volatileSubkeyCount', u32,         'Without meaning in a file'],
  [0x1c, 'subkeyList',          u32,         'lf, lh, li or ri'],
  [0x20, 'volatileSubkeyList',  u32,         'Without meaning in a file'],
  [0x24, 'valueCount',          u32,         ''],
  [0x28, 'valueList',           u32,         'Offsets of values'],
  [0x2c, 'security',            u32,         'sk'],
  [0x30, 'className',           u32,         'Cell with UTF-16 characters'],
  [0x34, 'maxSubkeyName',       u16,         'Longest name below, bytes as UTF-16'],
  [0x36, 'virtualizationFlags', u16,         'Virtualization control flags, user flags and debug bits'],
  [0x38, 'maxSubkeyClass',      u32,         'Longest class name below, bytes'],
  [0x3c, 'maxValueName',        u32,         'Longest name of a value, bytes as UTF-16'],
  [0x40, 'maxValueData',        u32,         'Largest data of a value, bytes'],
  [0x44, 'workVar',             u32,         'A cached index in Windows 2000'],
  [0x48, 'nameLength',          u16,         'Bytes of the name that follows'],
  [0x4a, 'classNameLength',     u16,         'Bytes'],
]);

// prettier-ignore
export const KeyValue = struct('vk', { size: 0x14, spec: `${SPEC}, Key value` }, [
  [0x00, 'signature',  magic('vk'), ''],
  [0x02, 'nameLength', u16,         'Bytes of the name that follows; 0: the default value'],
  [0x04, 'dataSize',   u32,         'Bytes; with bit 31 at most 4 of them, in the next field'],
  [0x08, 'data',       u32,         'Cell of the data, or the data itself'],
  [0x0c, 'type',       u32,         'RegistryType'],
  [0x10, 'flags',      u16,         'ValueFlag'],
  [0x12, 'spare',      u16,         ''],
]);

// prettier-ignore
export const KeySecurity = struct('sk', { size: 0x14, spec: `${SPEC}, Key security` }, [
  [0x00, 'signature',      magic('sk'), ''],
  [0x02, 'unknown02',      u16,         ''],
  [0x04, 'next',           u32,         'Flink. All are in one ring'],
  [0x08, 'previous',       u32,         'Blink'],
  [0x0c, 'referenceCount', u32,         'Key nodes that point here'],
  [0x10, 'size',           u32,         'Bytes of the self-relative SECURITY_DESCRIPTOR that follows'],
]);

/** lf, lh, li and ri begin alike. */
// prettier-ignore
export const SubkeyList = struct('lf, lh, li, ri', { size: 0x04, spec: `${SPEC}, Index leaf to Index root` }, [
  [0x00, 'signature', u16, '"lf" fast leaf, "lh" hash leaf, "li" index leaf, "ri" index root, as a little-endian number'],
  [0x02, 'count',     u16, 'Elements that follow. Those of li and ri are offsets only'],
]);

/** The signatures of {@link SubkeyList}. */
export const ListSignature = { LF: 0x666c, LH: 0x686c, LI: 0x696c, RI: 0x6972 } as const;

// prettier-ignore
export const LeafElement = struct('lf, lh element', { size: 0x08, spec: `${SPEC}, Fast leaf and Hash leaf` }, [
  [0x00, 'key',  u32, 'Key node'],
  [0x04, 'hint', u32, 'lf: the first four characters. lh: 37-based hash of the upper-cased name'],
]);

// prettier-ignore
export const BigData = struct('db', { size: 0x08, spec: `${SPEC}, Big data` }, [
  [0x00, 'signature', magic('db'), ''],
  [0x02, 'count',     u16,         'Segments, each of 16344 bytes but the last'],
  [0x04, 'list',      u32,         'Cell with the offsets of the segments'],
]);

/** Bytes of data in one segment of {@link BigData}, and the most that a hive of version 1.4 or later has in one cell. */
export const SEGMENT_BYTES = 16_344;
