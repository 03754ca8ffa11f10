import { AceFlag, AceType } from './ace.layout.js';
import { SecurityDescriptorControl as Control } from './security-descriptor.layout.js';

/**
 * SDDL's words: MS-DTYP 2.5.1.1, Microsoft's page "ACE Strings", and sddl.h for AL OL TL FL, CR and TP. The table of callback ACE types
 * in MS-DTYP 2.5.1.1 has the numbers of XU and ZA swapped; 2.4.4.1 and winnt.h have them right.
 */
export const ACE_TYPES: ReadonlyMap<string, number> = new Map([
  ['A', AceType.ACCESS_ALLOWED],
  ['D', AceType.ACCESS_DENIED],
  ['AU', AceType.SYSTEM_AUDIT],
  ['AL', AceType.SYSTEM_ALARM],
  ['OA', AceType.ACCESS_ALLOWED_OBJECT],
  ['OD', AceType.ACCESS_DENIED_OBJECT],
  ['OU', AceType.SYSTEM_AUDIT_OBJECT],
  ['OL', AceType.SYSTEM_ALARM_OBJECT],
  ['XA', AceType.ACCESS_ALLOWED_CALLBACK],
  ['XD', AceType.ACCESS_DENIED_CALLBACK],
  ['ZA', AceType.ACCESS_ALLOWED_CALLBACK_OBJECT],
  ['XU', AceType.SYSTEM_AUDIT_CALLBACK],
  ['ML', AceType.SYSTEM_MANDATORY_LABEL],
  ['RA', AceType.SYSTEM_RESOURCE_ATTRIBUTE],
  ['SP', AceType.SYSTEM_SCOPED_POLICY_ID],
  ['TL', AceType.SYSTEM_PROCESS_TRUST_LABEL],
  ['FL', AceType.SYSTEM_ACCESS_FILTER],
]);

/** Types whose application data is a conditional expression. */
export const CONDITIONAL_TYPES: ReadonlySet<number> = new Set([
  AceType.ACCESS_ALLOWED_CALLBACK,
  AceType.ACCESS_DENIED_CALLBACK,
  AceType.ACCESS_ALLOWED_CALLBACK_OBJECT,
  AceType.SYSTEM_AUDIT_CALLBACK,
  AceType.SYSTEM_ACCESS_FILTER,
]);

export const ACE_FLAGS: ReadonlyMap<string, number> = new Map([
  ['OI', AceFlag.OBJECT_INHERIT],
  ['CI', AceFlag.CONTAINER_INHERIT],
  ['NP', AceFlag.NO_PROPAGATE_INHERIT],
  ['IO', AceFlag.INHERIT_ONLY],
  ['ID', AceFlag.INHERITED],
  ['CR', AceFlag.CRITICAL],
  ['SA', AceFlag.SUCCESSFUL_ACCESS],
  ['FA', AceFlag.FAILED_ACCESS],
  ['TP', AceFlag.TRUST_PROTECTED_FILTER],
]);

/** Single bits, lowest first, in which order Windows writes them. */
export const RIGHT_BITS: ReadonlyMap<string, number> = new Map([
  ['CC', 0x0000_0001],
  ['DC', 0x0000_0002],
  ['LC', 0x0000_0004],
  ['SW', 0x0000_0008],
  ['RP', 0x0000_0010],
  ['WP', 0x0000_0020],
  ['DT', 0x0000_0040],
  ['LO', 0x0000_0080],
  ['CR', 0x0000_0100],
  ['SD', 0x0001_0000],
  ['RC', 0x0002_0000],
  ['WD', 0x0004_0000],
  ['WO', 0x0008_0000],
  ['GA', 0x1000_0000],
  ['GX', 0x2000_0000],
  ['GW', 0x4000_0000],
  ['GR', 0x8000_0000],
]);

/** Rights to files and registry keys, written where the mask is exactly one of them. */
export const RIGHT_SETS: ReadonlyMap<string, number> = new Map([
  ['FA', 0x001f_01ff],
  ['FR', 0x0012_0089],
  ['FW', 0x0012_0116],
  ['FX', 0x0012_00a0],
  ['KA', 0x000f_003f],
  ['KR', 0x0002_0019],
  ['KW', 0x0002_0006],
  // Has the value of KR, so it is read and never written.
  ['KX', 0x0002_0019],
]);

/** What the bits of a mandatory label's mask are called. */
export const LABEL_RIGHTS: ReadonlyMap<string, number> = new Map([
  ['NW', 1],
  ['NR', 2],
  ['NX', 4],
]);

/** Control flags behind D: and S:. */
export const ACL_FLAGS = {
  dacl: new Map<string, number>([
    ['P', Control.DACL_PROTECTED],
    ['AR', Control.DACL_AUTO_INHERIT_REQ],
    ['AI', Control.DACL_AUTO_INHERITED],
  ]),
  sacl: new Map<string, number>([
    ['P', Control.SACL_PROTECTED],
    ['AR', Control.SACL_AUTO_INHERIT_REQ],
    ['AI', Control.SACL_AUTO_INHERITED],
  ]),
} as const;

/** In place of ACEs: the ACL is there, and null. */
export const NULL_ACL = 'NO_ACCESS_CONTROL';

/** Operators of conditional expressions by their byte code (MS-DTYP 2.4.4.17.6). */
export const MEMBER_OPERATORS: ReadonlyMap<number, string> = new Map([
  [0x89, 'Member_of'],
  [0x8a, 'Device_Member_of'],
  [0x8b, 'Member_of_Any'],
  [0x8c, 'Device_Member_of_Any'],
  [0x90, 'Not_Member_of'],
  [0x91, 'Not_Device_Member_of'],
  [0x92, 'Not_Member_of_Any'],
  [0x93, 'Not_Device_Member_of_Any'],
]);

export const RELATIONAL_OPERATORS: ReadonlyMap<number, string> = new Map([
  [0x80, '=='],
  [0x81, '!='],
  [0x82, '<'],
  [0x83, '<='],
  [0x84, '>'],
  [0x85, '>='],
  [0x86, 'Contains'],
  [0x88, 'Any_of'],
  [0x8e, 'Not_Contains'],
  [0x8f, 'Not_Any_of'],
]);
