import { constants } from 'node:os';
import { cString, getXattr, libc, type CPath, type XattrHolder } from '@winback/core/linux';

const { ENODATA, ENOTSUP, ENOSYS } = constants.errno;
const cName = (name: string): CPath => cString(Buffer.from(name));

/** The attributes under which ntfs-3g gives and takes what NTFS keeps of a file. Integers are little-endian, times FILETIMEs. */
export const NtfsXattr = {
  /** FILE_ATTRIBUTE_* as 32 bits. */
  ATTRIBUTES: 'system.ntfs_attrib',
  /** Creation, last write, last access, change of the MFT record; the last cannot be set. */
  TIMES: 'system.ntfs_times',
  /** Self-relative security descriptor. */
  ACL: 'system.ntfs_acl',
  /** The short name; not of files with several hard links. */
  DOS_NAME: 'system.ntfs_dos_name',
  /** 64 bytes, set with 16 or 64. */
  OBJECT_ID: 'system.ntfs_object_id',
  /** Whole REPARSE_DATA_BUFFER. */
  REPARSE_DATA: 'system.ntfs_reparse_data',
  /** The $EA attribute as it is on the volume. */
  EA: 'system.ntfs_ea',
  /** The $EFS attribute; only with the mount option efs_raw. */
  EFS_INFO: 'system.ntfs_efsinfo',
  /** The same, where alternate streams are attributes too. Without efs_raw it is just a stream. */
  EFS_INFO_AS_STREAM: 'user.ntfs.efsinfo',
  /** With streams_interface=windows: the names of the alternate streams, each ended by NUL. */
  STREAMS_LIST: 'ntfs.streams.list',
} as const;

const NAMES = new Map<string, CPath>(Object.values(NtfsXattr).map((name) => [name, cName(name)]));

/** One of them; undefined where the file or the mount has none. `failed` is told the errno of anything else. */
export function getNtfsXattr(holder: XattrHolder, name: string, failed: (errno: number) => void): Uint8Array | undefined {
  const value = getXattr(holder, NAMES.get(name) ?? cName(name));
  if (value) return value;
  const errno = libc().errno();
  if (errno !== ENODATA && errno !== ENOTSUP && errno !== ENOSYS) failed(errno);
  return undefined;
}

/** Takes one of them away. False: errno says why. */
export function removeNtfsXattr(holder: XattrHolder, name: string): boolean {
  const { fremovexattr, lremovexattr } = libc();
  const cKnown = NAMES.get(name) ?? cName(name);
  return (typeof holder === 'number' ? fremovexattr(holder, cKnown) : lremovexattr(holder, cKnown)) === 0;
}
