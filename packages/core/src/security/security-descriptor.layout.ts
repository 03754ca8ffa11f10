import { struct, u16, u32, u8 } from '../binary/index.js';

/** SECURITY_DESCRIPTOR_CONTROL (MS-DTYP 2.4.6). */
export const SecurityDescriptorControl = {
  OWNER_DEFAULTED: 0x0001,
  GROUP_DEFAULTED: 0x0002,
  DACL_PRESENT: 0x0004,
  DACL_DEFAULTED: 0x0008,
  SACL_PRESENT: 0x0010,
  SACL_DEFAULTED: 0x0020,
  DACL_TRUSTED: 0x0040,
  SERVER_SECURITY: 0x0080,
  DACL_AUTO_INHERIT_REQ: 0x0100,
  SACL_AUTO_INHERIT_REQ: 0x0200,
  DACL_AUTO_INHERITED: 0x0400,
  SACL_AUTO_INHERITED: 0x0800,
  DACL_PROTECTED: 0x1000,
  SACL_PROTECTED: 0x2000,
  RM_CONTROL_VALID: 0x4000,
  SELF_RELATIVE: 0x8000,
} as const;

// prettier-ignore
export const SecurityDescriptorHeader = struct('SECURITY_DESCRIPTOR', { size: 0x14, spec: 'MS-DTYP 2.4.6, self-relative' }, [
  [0x00, 'revision',    u8,  '1'],
  [0x01, 'sbz1',        u8,  'Resource manager control bits, where RM_CONTROL_VALID says so'],
  [0x02, 'control',     u16, 'SecurityDescriptorControl'],
  [0x04, 'offsetOwner', u32, 'From the start of this structure, like all offsets; 0 none'],
  [0x08, 'offsetGroup', u32, '0 none'],
  [0x0c, 'offsetSacl',  u32, 'Counts where SACL_PRESENT is set; 0 then is a null ACL'],
  [0x10, 'offsetDacl',  u32, 'Counts where DACL_PRESENT is set; 0 then is a null ACL, which allows everything'],
]);
