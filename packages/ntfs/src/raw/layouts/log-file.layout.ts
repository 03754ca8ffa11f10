import { magic, struct, u16, u32, u64 } from '@winback/core';

const SPEC = 'linux-ntfs documentation, $LogFile';

// prettier-ignore
export const RestartPage = struct('RESTART_PAGE_HEADER', { size: 0x1e, spec: SPEC }, [
  [0x00, 'signature',            magic('RSTR'), ''],
  [0x04, 'updateSequenceOffset', u16,           ''],
  [0x06, 'updateSequenceCount',  u16,           ''],
  [0x08, 'chkdskSequence',       u64,           ''],
  [0x10, 'systemPageSize',       u32,           'Bytes of this page; the second one follows it'],
  [0x14, 'logPageSize',          u32,           'Bytes'],
  [0x18, 'restartAreaOffset',    u16,           'From the start of the page'],
  [0x1a, 'minorVersion',         u16,           ''],
  [0x1c, 'majorVersion',         u16,           ''],
]);

// prettier-ignore
export const RestartArea = struct('RESTART_AREA', { size: 0x10, spec: SPEC }, [
  [0x00, 'currentSequence',  u64, 'The page with the higher one counts'],
  [0x08, 'logClients',       u16, ''],
  [0x0a, 'clientFreeList',   u16, ''],
  [0x0c, 'clientInUseList',  u16, '0xffff: nobody uses the log'],
  [0x0e, 'flags',            u16, '2 the volume was unmounted cleanly'],
]);
