import { constants } from 'node:os';
import { libc } from '../../ffi/libc.js';
import { StatxBuffer } from '../../ffi/statx.js';
import type { VolumeCapability } from '../volume.js';

const { ENOTSUP } = constants.errno;

/** File systems that hold files and folders and no more. */
const PLAIN = new Set(['vfat', 'msdos', 'exfat']);

/** What a mounted volume can hold, by its file system and by asking it. */
export function capabilitiesOf(fileSystem: string, root: number, use: 'read' | 'recover'): ReadonlySet<VolumeCapability> {
  const found = new Set<VolumeCapability>();
  if (!PLAIN.has(fileSystem))
    for (const fact of ['byte-names', 'hard-links', 'symbolic-links', 'special-files', 'sparse', 'posix'] as const) found.add(fact);
  const { flistxattr, errno } = libc();
  const none = new Uint8Array(1);
  if (flistxattr(root, none, 0) >= 0 || errno() !== ENOTSUP) found.add('xattrs');
  const statx = new StatxBuffer();
  // Linux tells when a file was created, and lets nobody say it
  if (use === 'read' && statx.readOpen(root) && statx.born !== undefined) found.add('creation-time');
  return found;
}
