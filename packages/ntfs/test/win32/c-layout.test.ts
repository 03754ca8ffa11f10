import koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import type { AnyStruct } from '@winback/core';
import {
  ByHandleFileInformation,
  FileAttributeTagInfo,
  FileBasicInfo,
  FileIdBothDirInfo,
  FileIdInfo,
} from '../../src/win32/layouts/file-information.layout.js';
import {
  FileNameInformation,
  MountPointReparse,
  ObjectAttributes,
  TokenPrivileges,
  UnicodeString,
} from '../../src/win32/layouts/nt.layout.js';
import { KeyBasicInformation, SecurityAttributes } from '../../src/win32/layouts/registry.layout.js';

const FILETIME = koffi.struct('FILETIME', { dwLowDateTime: 'uint32_t', dwHighDateTime: 'uint32_t' });
const LUID = koffi.struct('LUID', { LowPart: 'uint32_t', HighPart: 'int32_t' });

/** What C makes of Microsoft's declarations on a 64-bit system: members in our order, and the size of the whole. */
const TABLES: readonly [AnyStruct, Record<string, Parameters<typeof koffi.sizeof>[0]>, sizeInC?: number][] = [
  [
    ByHandleFileInformation,
    {
      fileAttributes: 'uint32_t', creationTime: FILETIME, lastAccessTime: FILETIME, lastWriteTime: FILETIME, volumeSerialNumber: 'uint32_t',
      fileSizeHigh: 'uint32_t', fileSizeLow: 'uint32_t', numberOfLinks: 'uint32_t', fileIndexHigh: 'uint32_t', fileIndexLow: 'uint32_t',
    },
  ], // prettier-ignore
  [
    FileBasicInfo,
    { creationTime: 'int64_t', lastAccessTime: 'int64_t', lastWriteTime: 'int64_t', changeTime: 'int64_t', fileAttributes: 'uint32_t' },
  ],
  [FileAttributeTagInfo, { fileAttributes: 'uint32_t', reparseTag: 'uint32_t' }],
  [FileIdInfo, { volumeSerialNumber: 'uint64_t', fileId: koffi.array('uint8_t', 16) }],
  [
    FileIdBothDirInfo,
    {
      nextEntryOffset: 'uint32_t',
      fileIndex: 'uint32_t',
      creationTime: 'int64_t',
      lastAccessTime: 'int64_t',
      lastWriteTime: 'int64_t',
      changeTime: 'int64_t',
      endOfFile: 'int64_t',
      allocationSize: 'int64_t',
      fileAttributes: 'uint32_t',
      fileNameLength: 'uint32_t',
      eaSize: 'uint32_t',
      shortNameLength: 'int8_t',
      shortName: koffi.array('char16_t', 12),
      fileId: 'int64_t',
      fileName: koffi.array('char16_t', 1),
    },
    0x70, // with the first character of the name, rounded up
  ],
  [UnicodeString, { length: 'uint16_t', maximumLength: 'uint16_t', buffer: 'void *' }],
  [
    ObjectAttributes,
    {
      length: 'uint32_t',
      rootDirectory: 'void *',
      objectName: 'void *',
      attributes: 'uint32_t',
      securityDescriptor: 'void *',
      securityQualityOfService: 'void *',
    },
  ],
  [
    FileNameInformation,
    { flags: 'uint32_t', rootDirectory: 'void *', fileNameLength: 'uint32_t', fileName: koffi.array('char16_t', 1) },
    0x18,
  ],
  [TokenPrivileges, { privilegeCount: 'uint32_t', luid: LUID, attributes: 'uint32_t' }],
  [
    MountPointReparse,
    { substituteNameOffset: 'uint16_t', substituteNameLength: 'uint16_t', printNameOffset: 'uint16_t', printNameLength: 'uint16_t' },
  ],
  [SecurityAttributes, { length: 'uint32_t', securityDescriptor: 'void *', inheritHandle: 'int32_t' }],
  [
    KeyBasicInformation,
    { lastWriteTime: 'int64_t', titleIndex: 'uint32_t', nameLength: 'uint32_t', name: koffi.array('char16_t', 1) },
    0x18, // with the first character of the name, rounded up
  ],
];

describe("Windows' structures as C lays them out", () => {
  for (const [table, members, sizeInC = table.size] of TABLES) {
    it(table.name, () => {
      const type = koffi.struct(members);
      expect(koffi.sizeof(type)).toBe(sizeInC);
      for (const [offset, field] of table.rows) {
        if (!field.startsWith('reserved')) expect(koffi.offsetof(type, field), field).toBe(offset);
      }
    });
  }
});
