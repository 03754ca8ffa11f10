import { bytes, struct, u32be, u64be, u8 } from '@winback/core/base';

// prettier-ignore
export const FixedSense = struct('SCSI sense data, fixed format', { size: 0x12, spec: 'SPC-3 4.5.3' }, [
  [0x00, 'responseCode',        u8,       'VALID in bit 7; RESPONSE CODE: 70h this command, 71h an earlier one (deferred)'],
  [0x01, 'reserved01',          u8,       'Obsolete'],
  [0x02, 'flags',               u8,       '0x80 FILEMARK, 0x40 EOM, 0x20 ILI; SENSE KEY in bits 0 to 3'],
  [0x03, 'information',         u32be,    'INFORMATION. What was asked for less what was done, signed; where VALID'],
  [0x07, 'additionalLength',    u8,       'ADDITIONAL SENSE LENGTH. Bytes that follow'],
  [0x08, 'commandInformation',  bytes(4), 'COMMAND-SPECIFIC INFORMATION'],
  [0x0c, 'asc',                 u8,       'ADDITIONAL SENSE CODE'],
  [0x0d, 'ascq',                u8,       'ADDITIONAL SENSE CODE QUALIFIER'],
  [0x0e, 'fieldReplaceable',    u8,       'FIELD REPLACEABLE UNIT CODE'],
  [0x0f, 'senseKeySpecific',    bytes(3), 'SENSE KEY SPECIFIC'],
]);

// prettier-ignore
export const DescriptorSense = struct('SCSI sense data, descriptor format', { size: 8, spec: 'SPC-3 4.5.2' }, [
  [0x00, 'responseCode',     u8,       'RESPONSE CODE: 72h this command, 73h an earlier one (deferred)'],
  [0x01, 'senseKey',         u8,       'SENSE KEY in bits 0 to 3'],
  [0x02, 'asc',              u8,       'ADDITIONAL SENSE CODE'],
  [0x03, 'ascq',             u8,       'ADDITIONAL SENSE CODE QUALIFIER'],
  [0x04, 'reserved04',       bytes(3), ''],
  [0x07, 'additionalLength', u8,       'ADDITIONAL SENSE LENGTH. Bytes of descriptors that follow'],
]);

// prettier-ignore
export const SenseDescriptor = struct('SCSI sense data descriptor', { size: 2, spec: 'SPC-3 4.5.2.1' }, [
  [0x00, 'type',             u8, 'DESCRIPTOR TYPE. 0 information, 4 stream commands'],
  [0x01, 'additionalLength', u8, 'ADDITIONAL LENGTH. Bytes that follow'],
]);

// prettier-ignore
export const InformationDescriptor = struct('SCSI information sense data descriptor', { size: 0x0c, spec: 'SPC-3 4.5.2.2' }, [
  [0x00, 'type',             u8,    'DESCRIPTOR TYPE (0)'],
  [0x01, 'additionalLength', u8,    'ADDITIONAL LENGTH (10)'],
  [0x02, 'valid',            u8,    'VALID in bit 7'],
  [0x03, 'reserved03',       u8,    ''],
  [0x04, 'information',      u64be, 'INFORMATION. Signed'],
]);

// prettier-ignore
export const StreamDescriptor = struct('SCSI stream commands sense data descriptor', { size: 4, spec: 'SSC-3 8.5 and SPC-3 4.5.2.6' }, [
  [0x00, 'type',             u8, 'DESCRIPTOR TYPE (4)'],
  [0x01, 'additionalLength', u8, 'ADDITIONAL LENGTH (2)'],
  [0x02, 'reserved02',       u8, ''],
  [0x03, 'flags',            u8, '0x80 FILEMARK, 0x40 EOM, 0x20 ILI'],
]);
