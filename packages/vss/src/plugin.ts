import { definePlugin, PLATFORM, PLUGIN_API, RANDOM, SNAPSHOT_PROVIDER } from '@winback/core';
import { BtrfsSnapshotProvider } from './btrfs/btrfs-snapshot-provider.js';
import { NoSnapshotProvider } from './no-snapshot-provider.js';

export default definePlugin({
  name: '@winback/vss',
  api: PLUGIN_API,
  register(container) {
    container.register(SNAPSHOT_PROVIDER, { useFactory: (c) => new BtrfsSnapshotProvider(c.resolve(PLATFORM), c.resolve(RANDOM)) });
    container.register(SNAPSHOT_PROVIDER, { useFactory: () => new NoSnapshotProvider() });
  },
});
