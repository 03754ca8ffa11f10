import { magic, reserved, size64, struct, u16, u32, u64, u8 } from '@winback/core';

export const RecordFlag = { IN_USE: 1, DIRECTORY: 2 } as const;

/** Types of attributes. */
export const AttributeType = {
  STANDARD_INFORMATION: 0x10,
  ATTRIBUTE_LIST: 0x20,
  FILE_NAME: 0x30,
  OBJECT_ID: 0x40,
  SECURITY_DESCRIPTOR: 0x50,
  VOLUME_NAME: 0x60,
  VOLUME_INFORMATION: 0x70,
  DATA: 0x80,
  INDEX_ROOT: 0x90,
  INDEX_ALLOCATION: 0xa0,
  BITMAP: 0xb0,
  REPARSE_POINT: 0xc0,
  EA_INFORMATION: 0xd0,
  EA: 0xe0,
  LOGGED_UTILITY_STREAM: 0x100,
  END: 0xffff_ffff,
} as const;

export const AttributeFlag = { COMPRESSED: 0x1, ENCRYPTED: 0x4000, SPARSE: 0x8000 } as const;

// prettier-ignore
export const FileRecordHeader = struct('FILE_RECORD_SEGMENT_HEADER', { size: 0x30, spec: 'MS Learn, MULTI_SECTOR_HEADER and FILE_RECORD_SEGMENT_HEADER' }, [
  [0x00, 'signature',            magic('FILE'), 'BAAD when chkdsk found it damaged'],
  [0x04, 'updateSequenceOffset', u16,           ''],
  [0x06, 'updateSequenceCount',  u16,           'Of 16-bit words: the number itself, then one for each 512 bytes'],
  [0x08, 'logFileSequence',      u64,           '$LogFile sequence number'],
  [0x10, 'sequenceNumber',       u16,           'Goes up when the record is used for another file'],
  [0x12, 'linkCount',            u16,           'FILE_NAME attributes, short names among them'],
  [0x14, 'firstAttribute',       u16,           'Offset'],
  [0x16, 'flags',                u16,           '1 in use, 2 folder'],
  [0x18, 'usedBytes',            u32,           ''],
  [0x1c, 'allocatedBytes',       u32,           ''],
  [0x20, 'baseRecord',           u64,           'File reference (48 bits of record number, 16 of sequence number) of the record that this one extends; 0: none'],
  [0x28, 'nextAttributeId',      u16,           ''],
  [0x2a, 'reserved2a',           u16,           ''],
  [0x2c, 'recordNumber',         u32,           'Since NTFS 3.1; before, attributes may begin here'],
]);

// prettier-ignore
export const AttributeHeader = struct('ATTRIBUTE_RECORD_HEADER', { size: 0x10, spec: 'MS Learn, ATTRIBUTE_RECORD_HEADER' }, [
  [0x00, 'type',        u32, 'AttributeType; 0xffffffff ends the record and has no further fields'],
  [0x04, 'length',      u32, 'Bytes of the attribute with this header, a multiple of 8'],
  [0x08, 'nonResident', u8,  '1: the value lies in clusters, not in the record'],
  [0x09, 'nameLength',  u8,  'UTF-16 units'],
  [0x0a, 'nameOffset',  u16, 'From this header'],
  [0x0c, 'flags',       u16, '1 compressed, 0x4000 encrypted, 0x8000 sparse'],
  [0x0e, 'attributeId', u16, 'Unique in the record'],
]);

// prettier-ignore
export const ResidentHeader = struct('ATTRIBUTE_RECORD_HEADER, resident', { size: 0x08, spec: 'MS Learn, ATTRIBUTE_RECORD_HEADER; stands at 0x10' }, [
  [0x00, 'valueLength', u32, ''],
  [0x04, 'valueOffset', u16, 'From the start of the attribute'],
  [0x06, 'indexed',     u8,  ''],
  [0x07, 'reserved07',  u8,  ''],
]);

// prettier-ignore
export const NonResidentHeader = struct('ATTRIBUTE_RECORD_HEADER, non-resident', { size: 0x30, spec: 'MS Learn, ATTRIBUTE_RECORD_HEADER; stands at 0x10' }, [
  [0x00, 'lowestVcn',       size64,      'The first cluster that the runs of this piece map'],
  [0x08, 'highestVcn',      u64,         'The last one; -1 when there is none'],
  [0x10, 'runsOffset',      u16,         'Mapping pairs, from the start of the attribute'],
  [0x12, 'compressionUnit', u8,          'Clusters, as a power of 2; 0 when never compressed nor sparse'],
  [0x13, 'reserved13',      reserved(5), ''],
  [0x18, 'allocatedSize',   size64,      'Sizes count in the piece with lowestVcn 0 alone'],
  [0x20, 'dataSize',        size64,      ''],
  [0x28, 'validDataLength', size64,      'Bytes behind it read as zeros, whatever the clusters hold'],
]);

// prettier-ignore
export const AttributeListEntry = struct('ATTRIBUTE_LIST_ENTRY', { size: 0x1a, spec: 'MS Learn, ATTRIBUTE_LIST_ENTRY' }, [
  [0x00, 'type',        u32,    'AttributeType'],
  [0x04, 'length',      u16,    'Bytes of the entry with its name, a multiple of 8'],
  [0x06, 'nameLength',  u8,     'UTF-16 units'],
  [0x07, 'nameOffset',  u8,     'From the start of the entry'],
  [0x08, 'lowestVcn',   size64, 'Of the piece'],
  [0x10, 'record',      u64,    'File reference of the record that holds the piece'],
  [0x18, 'attributeId', u16,    'Of the piece, in that record'],
]);
