import type { AnyStruct } from '@winback/core';
import {
  AttributeHeader,
  AttributeListEntry,
  BootSector,
  EaInformation,
  FileName,
  FileRecordHeader,
  IndexBlock,
  IndexEntry,
  IndexNode,
  IndexRoot,
  NonResidentHeader,
  ObjectIdIndexData,
  ObjectIdValue,
  ResidentHeader,
  SecurityEntry,
  StandardInformation,
  VolumeInformation,
} from './raw/layouts/index.js';
import { windowsLayouts } from './win32/layouts/index.js';

/** Every structure table of this package. */
export const layouts: readonly AnyStruct[] = [
  BootSector,
  FileRecordHeader,
  AttributeHeader,
  ResidentHeader,
  NonResidentHeader,
  AttributeListEntry,
  StandardInformation,
  FileName,
  ObjectIdValue,
  EaInformation,
  VolumeInformation,
  IndexRoot,
  IndexBlock,
  IndexNode,
  IndexEntry,
  ObjectIdIndexData,
  SecurityEntry,
  ...windowsLayouts,
];
