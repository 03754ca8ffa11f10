import { FineTimes } from './facts/fine-times.layout.js';
import type { Row, Struct } from './binary/index.js';
import { FileFullEaInformation, LxAttrB, LxXattrEntry, LxXattrHeader, XattrPiece } from './facts/extended-attributes.layout.js';
import { ReparseDataBuffer, SymbolicLinkReparse } from './facts/reparse.layout.js';
import { LinuxDirent64, Statx, StatxTimestamp } from './ffi/linux.layout.js';
import { BaseBlock, HiveBin } from './registry/hive/base-block.layout.js';
import { BigData, CellHeader, KeyNode, KeySecurity, KeyValue, LeafElement, SubkeyList } from './registry/hive/cells.layout.js';
import { DirtyVector, LogEntry, LogPage } from './registry/hive/log.layout.js';
import { AccessAllowedAce, AccessAllowedObjectAce, AceHeader, AceObjectType, AclHeader } from './security/ace.layout.js';
import { ConditionalAceData, ConditionBytes, ConditionInteger } from './security/condition.layout.js';
import { ClaimOctetString, ClaimSecurityAttribute } from './security/resource-attribute.layout.js';
import { SecurityDescriptorHeader } from './security/security-descriptor.layout.js';
import { SidHeader } from './security/sid.layout.js';
import { SparseBlockOffset, Win32StreamId } from './streams/stream-id.layout.js';

/** What documentation and property tests need of a structure, whatever its fields. */
export type AnyStruct = Pick<Struct<unknown>, 'name' | 'spec' | 'size' | 'decode'> & {
  readonly rows: readonly Row[];
  encode(value: never): Uint8Array;
};

/** Every structure table of this package. */
export const layouts: readonly AnyStruct[] = [
  Win32StreamId,
  SparseBlockOffset,
  FileFullEaInformation,
  LxXattrHeader,
  LxXattrEntry,
  LxAttrB,
  XattrPiece,
  FineTimes,
  ReparseDataBuffer,
  SymbolicLinkReparse,
  SecurityDescriptorHeader,
  SidHeader,
  AclHeader,
  AceHeader,
  AccessAllowedAce,
  AccessAllowedObjectAce,
  AceObjectType,
  ConditionalAceData,
  ConditionInteger,
  ConditionBytes,
  ClaimSecurityAttribute,
  ClaimOctetString,
  StatxTimestamp,
  Statx,
  LinuxDirent64,
  BaseBlock,
  HiveBin,
  CellHeader,
  KeyNode,
  KeyValue,
  KeySecurity,
  SubkeyList,
  LeafElement,
  BigData,
  DirtyVector,
  LogEntry,
  LogPage,
];
