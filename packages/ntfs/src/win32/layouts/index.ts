import type { AnyStruct } from '@winback/core';
import { ByHandleFileInformation, FileAttributeTagInfo, FileBasicInfo, FileIdBothDirInfo, FileIdInfo } from './file-information.layout.js';
import { FileNameInformation, MountPointReparse, ObjectAttributes, TokenPrivileges, UnicodeString } from './nt.layout.js';
import { KeyBasicInformation, SecurityAttributes } from './registry.layout.js';

/** The structures that Windows' calls take and give. */
export const windowsLayouts: readonly AnyStruct[] = [
  ByHandleFileInformation,
  FileBasicInfo,
  FileAttributeTagInfo,
  FileIdInfo,
  FileIdBothDirInfo,
  UnicodeString,
  ObjectAttributes,
  FileNameInformation,
  TokenPrivileges,
  MountPointReparse,
  SecurityAttributes,
  KeyBasicInformation,
];
