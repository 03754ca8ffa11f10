import { FileAttribute } from '@winback/core';
import { EntryType, pathBelow, StatxBuffer, type RecoveryDialect } from '@winback/core/linux';
import { reparseType } from './mounted-reading.js';
import { getNtfsXattr, NtfsXattr, removeNtfsXattr } from './ntfs-xattrs.js';
import type { StreamsInterface } from './alternate-streams.js';
import { isSpecial, NtfsFactWriter } from './apply-ntfs-facts.js';
import { NTFS_CAPABILITIES } from '../ntfs-capabilities.js';
import { openAlternate } from './write-alternate.js';

/** XATTR_SIZE_MAX: what an alternate stream that is set as an attribute can have. */
const ATTRIBUTE_LIMIT = 65_536;

/** Whether the volume is mounted with efs_raw: else ntfs-3g does not even say that a file has no EFS metadata. */
function takesCiphertext(root: number): boolean {
  let permitted = true;
  getNtfsXattr(root, NtfsXattr.EFS_INFO, () => (permitted = false));
  return permitted;
}

/** Recovers to a volume that ntfs-3g has mounted. */
export function mountedRecovery(shownAs: StreamsInterface): RecoveryDialect {
  return {
    capabilities: (root) => (takesCiphertext(root) ? new Set([...NTFS_CAPABILITIES, 'encrypted-files']) : NTFS_CAPABILITIES),
    contentMayFollow: false,
    madeAs(entry) {
      if (entry.kind === 'directory') return 'directory';
      if (isSpecial(entry)) return undefined;
      return entry.kind !== 'file' && (entry.attributes & FileAttribute.DIRECTORY) !== 0 ? 'directory' : 'file';
    },
    isClosedFolder: (folder, name) => reparseType(folder, name) === EntryType.DIRECTORY,
    openClosedFolder(folder, name) {
      if (!removeNtfsXattr(pathBelow(folder, name), NtfsXattr.REPARSE_DATA)) return false;
      // Asked for once, it is shown as what it is now.
      return new StatxBuffer().readName(folder, name);
    },
    alternateLimit: ATTRIBUTE_LIMIT,
    apply: (file, entry, alternates) => new NtfsFactWriter(file, entry).whileOpen(file, alternates, shownAs),
    applyToName: (xattrs, path, entry) => new NtfsFactWriter({ path, xattrs }, entry).byName(),
    ...(shownAs === 'windows'
      ? { openAlternate, refusesName: (name) => (name.includes(':') ? 'the volume is mounted so that a colon begins a stream' : undefined) }
      : {}),
  };
}
