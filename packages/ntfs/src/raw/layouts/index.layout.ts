import { magic, reserved, size64, struct, u16, u32, u64, u8 } from '@winback/core';

const SPEC = 'libfsntfs documentation, index';

// prettier-ignore
export const IndexRoot = struct('INDEX_ROOT', { size: 0x10, spec: SPEC + '; an index node header follows' }, [
  [0x00, 'indexedType',      u32,         'AttributeType of the keys: 0x30 in a folder, 0 in the indexes of $Extend'],
  [0x04, 'collation',        u32,         '1 names, 0x10 32-bit numbers, 0x11 SIDs, 0x12 security hashes, 0x13 arrays of 32-bit numbers'],
  [0x08, 'blockSize',        u32,         'Bytes of an INDX block'],
  [0x0c, 'clustersPerBlock', u8,          ''],
  [0x0d, 'reserved0d',       reserved(3), ''],
]);

// prettier-ignore
export const IndexBlock = struct('INDEX_ALLOCATION block', { size: 0x18, spec: SPEC + '; an index node header follows' }, [
  [0x00, 'signature',            magic('INDX'), ''],
  [0x04, 'updateSequenceOffset', u16,           ''],
  [0x06, 'updateSequenceCount',  u16,           ''],
  [0x08, 'logFileSequence',      u64,           ''],
  [0x10, 'vcn',                  size64,        'Of this block: clusters, or 512-byte units where a block is smaller than a cluster'],
]);

// prettier-ignore
export const IndexNode = struct('INDEX_HEADER', { size: 0x10, spec: SPEC }, [
  [0x00, 'firstEntry',     u32, 'Offset from this header'],
  [0x04, 'usedBytes',      u32, 'From this header'],
  [0x08, 'allocatedBytes', u32, 'From this header'],
  [0x0c, 'flags',          u32, '1 has children'],
]);

export const IndexEntryFlag = { HAS_CHILD: 1, LAST: 2 } as const;

// prettier-ignore
export const IndexEntry = struct('INDEX_ENTRY', { size: 0x10, spec: SPEC }, [
  [0x00, 'reference', u64,    'Folders: file reference. Others: offset (u16) and length (u16) of the data'],
  [0x08, 'length',    u16,    'Bytes of the entry'],
  [0x0a, 'keyLength', u16,    'Bytes of the key, which follows'],
  [0x0c, 'flags',     u16,    '1 the last 8 bytes are the VCN of a child, 2 the last entry, without a key'],
  [0x0e, 'unused0e',  reserved(2), ''],
]);

// prettier-ignore
export const ObjectIdIndexData = struct('$ObjId:$O data', { size: 0x38, spec: SPEC + '; MS-FSCC 2.1.3.1' }, [
  [0x00, 'file',        u64,          'File reference; the key of the entry is the object id'],
  [0x08, 'birthIds',    reserved(48), 'Birth volume, birth object and domain: what a 64-byte object id has behind the id itself'],
]);
