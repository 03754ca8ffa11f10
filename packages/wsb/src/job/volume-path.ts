import type { VolumeIdentity } from '@winback/core';

/** A path on a volume as the user knows it: `/home` and `joe` are `/home/joe`, `C:` and `Users` are `C:\Users`. */
export function displayPath(volume: VolumeIdentity, path: string): string {
  const { root } = volume;
  if (isWindowsRoot(root)) return `${root.replace(/[\\/]+$/, '')}\\${path.replaceAll('/', '\\')}`;
  return path === '' ? root : root.endsWith('/') ? `${root}${path}` : `${root}/${path}`;
}

/** Whether a volume's root is spelled the way Windows does: a drive letter, a share, a volume name. */
export const isWindowsRoot = (root: string): boolean => /^[A-Za-z]:/.test(root) || root.startsWith('\\\\');
