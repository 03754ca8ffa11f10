import type { RawEncryption, VolumeCapability } from '@winback/core';
import { VolumeFlag } from './ffi/constants.js';
import type { Win32 } from './ffi/win32.js';
import type { VolumeCalls } from './volume-calls.js';

const OF_FLAG: readonly (readonly [flag: number, capabilities: readonly VolumeCapability[]])[] = [
  [VolumeFlag.HARD_LINKS, ['hard-links']],
  [VolumeFlag.SPARSE_FILES, ['sparse']],
  [VolumeFlag.REPARSE_POINTS, ['reparse-points', 'symbolic-links', 'special-files']],
  [VolumeFlag.PERSISTENT_ACLS, ['security-descriptors']],
  [VolumeFlag.NAMED_STREAMS, ['alternate-streams']],
  [VolumeFlag.OBJECT_IDS, ['object-ids']],
  [VolumeFlag.EXTENDED_ATTRIBUTES, ['extended-attributes', 'posix', 'xattrs']],
];

/** What volumes of Windows are read and written with. */
export interface VolumeTools {
  readonly api: Win32;
  /** For encrypted files; absent where nothing brings it. */
  readonly encryption?: RawEncryption | undefined;
}

/** What a volume can hold, as Windows says. POSIX facts are extended attributes, as WSL keeps them. */
export function capabilitiesOf(
  volumes: VolumeCalls,
  root: string,
  use: 'read' | 'recover',
  { api, encryption }: VolumeTools,
): ReadonlySet<VolumeCapability> {
  const found = new Set<VolumeCapability>(['creation-time']);
  const { flags, fileSystem } = volumes.information(root);
  for (const [flag, capabilities] of OF_FLAG) if (flags & flag) for (const capability of capabilities) found.add(capability);
  if (fileSystem === 'NTFS' && (use === 'read' || api.SetFileShortNameW)) found.add('short-names');
  if (flags & VolumeFlag.ENCRYPTION && encryption) found.add('raw-encrypted-files');
  return found;
}
