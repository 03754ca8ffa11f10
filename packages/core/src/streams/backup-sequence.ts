import type { BackupStreamHeader } from './backup-stream.js';
import { StreamAttribute, StreamId } from './stream-id.layout.js';

/** Whether bProcessSecurity decides about a stream. Not every writer sets the flag on its SECURITY_DATA. */
export const isSecurityStream = ({ id, attributes }: BackupStreamHeader): boolean =>
  id === StreamId.SECURITY_DATA || (attributes & StreamAttribute.CONTAINS_SECURITY) !== 0;

/** Whether SPARSE_BLOCKs may follow a stream and say what is in it. */
export const isSparseStream = ({ id, attributes }: BackupStreamHeader): boolean =>
  (id === StreamId.DATA || id === StreamId.ALTERNATE_DATA) && (attributes & StreamAttribute.SPARSE) !== 0;
