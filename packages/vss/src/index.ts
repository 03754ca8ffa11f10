export { BtrfsSnapshotProvider } from './btrfs/btrfs-snapshot-provider.js';
export { NoSnapshotProvider } from './no-snapshot-provider.js';
