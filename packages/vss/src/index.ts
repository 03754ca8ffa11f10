export { BtrfsSnapshotProvider } from './btrfs/btrfs-snapshot-provider.js';
export { layouts } from './layouts.js';
export { NoSnapshotProvider } from './no-snapshot-provider.js';
