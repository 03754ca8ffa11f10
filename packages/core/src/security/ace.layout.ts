import { enumOf, guid, struct, u16, u32, u8 } from '../binary/index.js';

/** AceType (MS-DTYP 2.4.4.1; the last two from winnt.h). */
export const AceType = {
  ACCESS_ALLOWED: 0x00,
  ACCESS_DENIED: 0x01,
  SYSTEM_AUDIT: 0x02,
  SYSTEM_ALARM: 0x03,
  ACCESS_ALLOWED_COMPOUND: 0x04,
  ACCESS_ALLOWED_OBJECT: 0x05,
  ACCESS_DENIED_OBJECT: 0x06,
  SYSTEM_AUDIT_OBJECT: 0x07,
  SYSTEM_ALARM_OBJECT: 0x08,
  ACCESS_ALLOWED_CALLBACK: 0x09,
  ACCESS_DENIED_CALLBACK: 0x0a,
  ACCESS_ALLOWED_CALLBACK_OBJECT: 0x0b,
  ACCESS_DENIED_CALLBACK_OBJECT: 0x0c,
  SYSTEM_AUDIT_CALLBACK: 0x0d,
  SYSTEM_ALARM_CALLBACK: 0x0e,
  SYSTEM_AUDIT_CALLBACK_OBJECT: 0x0f,
  SYSTEM_ALARM_CALLBACK_OBJECT: 0x10,
  SYSTEM_MANDATORY_LABEL: 0x11,
  SYSTEM_RESOURCE_ATTRIBUTE: 0x12,
  SYSTEM_SCOPED_POLICY_ID: 0x13,
  SYSTEM_PROCESS_TRUST_LABEL: 0x14,
  SYSTEM_ACCESS_FILTER: 0x15,
} as const;

/** AceFlags (MS-DTYP 2.4.4.1; CRITICAL and TRUST_PROTECTED_FILTER from winnt.h). */
export const AceFlag = {
  OBJECT_INHERIT: 0x01,
  CONTAINER_INHERIT: 0x02,
  NO_PROPAGATE_INHERIT: 0x04,
  INHERIT_ONLY: 0x08,
  INHERITED: 0x10,
  CRITICAL: 0x20,
  SUCCESSFUL_ACCESS: 0x40,
  /** The same bit, in an access filter ACE. */
  TRUST_PROTECTED_FILTER: 0x40,
  FAILED_ACCESS: 0x80,
} as const;

/** The Flags of an object ACE: which of its GUIDs are there. */
export const AceObjectFlag = { OBJECT_TYPE_PRESENT: 1, INHERITED_OBJECT_TYPE_PRESENT: 2 } as const;

// prettier-ignore
export const AclHeader = struct('ACL', { size: 0x08, spec: 'MS-DTYP 2.4.5' }, [
  [0x00, 'aclRevision', u8,  '2 ACL_REVISION, 4 ACL_REVISION_DS where object ACEs are in it'],
  [0x01, 'sbz1',        u8,  '0'],
  [0x02, 'aclSize',     u16, 'Bytes of the whole ACL; more than its ACEs take where it was allocated so'],
  [0x04, 'aceCount',    u16, ''],
  [0x06, 'sbz2',        u16, '0'],
]);

// prettier-ignore
export const AceHeader = struct('ACE_HEADER', { size: 0x04, spec: 'MS-DTYP 2.4.4.1' }, [
  [0x00, 'aceType',  enumOf(u8, 'AceType', AceType), ''],
  [0x01, 'aceFlags', u8,                             'Inheritance, and which accesses are audited'],
  [0x02, 'aceSize',  u16,                            'Bytes of the whole ACE, a multiple of 4'],
]);

// prettier-ignore
export const AccessAllowedAce = struct('ACCESS_ALLOWED_ACE', { size: 0x08, spec: 'MS-DTYP 2.4.4.2; the others without GUIDs look alike' }, [
  [0x00, 'aceType',  enumOf(u8, 'AceType', AceType), ''],
  [0x01, 'aceFlags', u8,                             ''],
  [0x02, 'aceSize',  u16,                            ''],
  [0x04, 'mask',     u32,                            'ACCESS_MASK. The SID follows, then application data'],
]);

// prettier-ignore
export const AccessAllowedObjectAce = struct('ACCESS_ALLOWED_OBJECT_ACE', { size: 0x0c, spec: 'MS-DTYP 2.4.4.3; other object ACEs look alike' }, [
  [0x00, 'aceType',  enumOf(u8, 'AceType', AceType), ''],
  [0x01, 'aceFlags', u8,                             ''],
  [0x02, 'aceSize',  u16,                            ''],
  [0x04, 'mask',     u32,                            'ACCESS_MASK'],
  [0x08, 'flags',    u32,                            'AceObjectFlag. The GUIDs that it names follow, then the SID and application data'],
]);

// prettier-ignore
export const AceObjectType = struct('ObjectType', { size: 0x10, spec: 'MS-DTYP 2.4.4.3, ObjectType and InheritedObjectType' }, [
  [0x00, 'guid', guid, ''],
]);
