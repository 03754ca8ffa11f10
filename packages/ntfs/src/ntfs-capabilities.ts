import type { VolumeCapability } from '@winback/core';

/** Everything that NTFS keeps of a file, POSIX facts in the extended attributes that WSL uses. */
export const NTFS_CAPABILITIES: ReadonlySet<VolumeCapability> = new Set([
  'hard-links',
  'symbolic-links',
  'special-files',
  'sparse',
  'posix',
  'xattrs',
  'creation-time',
  'security-descriptors',
  'alternate-streams',
  'short-names',
  'object-ids',
  'reparse-points',
  'extended-attributes',
]);
