import { SnapshotError, type SnapshotProvider, type SnapshotSet, type SnapshotSupport, type VolumeIdentity } from '@winback/core';

/** Asked last: says of every volume, truthfully, that nothing loaded can make a snapshot of it. */
export class NoSnapshotProvider implements SnapshotProvider {
  readonly name = 'none';
  readonly priority = 0;

  supports({ fileSystem }: VolumeIdentity): SnapshotSupport {
    return { supported: false, reason: `no loaded snapshot provider can make a snapshot of ${fileSystem || 'this file system'}` };
  }

  create(volumes: readonly VolumeIdentity[]): SnapshotSet {
    const roots = volumes.map((v) => v.root);
    throw new SnapshotError('SNAPSHOT_UNSUPPORTED', `${roots.join(', ')}: no loaded snapshot provider can make a snapshot`, {
      volumes: roots,
    });
  }
}
