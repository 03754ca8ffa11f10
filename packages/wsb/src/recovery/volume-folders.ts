import type { VolumeIdentity } from '@winback/core';

/**
 * Where the files of each volume go below the recovery target: to the target itself where the set holds one volume, else to a
 * folder for each volume, named after it, so that files of one never replace those of another.
 */
export function volumeFolders(volumes: readonly string[]): (volume: VolumeIdentity) => string {
  if (volumes.length < 2) return () => '';
  const names = new Map<string, string>();
  for (const root of volumes) {
    const plain = root.replace(/[^\p{L}\p{N}._-]+/gu, '_').replace(/^_+|_+$/g, '') || 'root';
    let name = plain.startsWith('.') ? `_${plain}` : plain;
    for (let i = 2; [...names.values()].includes(name); i++) name = `${plain}_${String(i)}`;
    names.set(root, name);
  }
  return (volume) => names.get(volume.root) ?? volume.root.replace(/[^\p{L}\p{N}_-]+/gu, '_');
}
