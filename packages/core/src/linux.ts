/**
 * For drivers of file systems that Linux mounts: the portable volume, into which they put how their file system keeps what POSIX has
 * no call for, and the system calls below it.
 */
export { At, AT_FDCWD, cString, EMPTY, libc, Mode, Open, Seek, type CPath } from './ffi/libc.js';
export { StatxBuffer, type FileIdentity, type FileStamp } from './ffi/statx.js';
export { bind, lastErrno } from './ffi/load.js';
export { setTimes, type RecoveredFile } from './volume/portable/apply-facts.js';
export { FileStreams } from './volume/portable/file-streams.js';
export { readMounts, type Mount } from './volume/portable/mounts.js';
export { EntryType, type AppliedFacts, type ReadingDialect, type RecoveryDialect } from './volume/portable/mount-dialect.js';
export { openQuietly, type FileNumbers, type OpenFolder } from './volume/portable/portable-node.js';
export { PortableRecovery } from './volume/portable/portable-recovery.js';
export { PortableVolume } from './volume/portable/portable-volume.js';
export { factError, recoveryError, shown, sourceError } from './volume/portable/problems.js';
export { getXattr, pathBelow, readXattrs, setXattr, type XattrHolder } from './volume/portable/xattrs.js';
