import { systemPlatform, systemRandom, type VolumeIdentity } from '@winback/core';
import { runSuite, snapshotProviderSuite } from '@winback/core/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { BtrfsSnapshotProvider, NoSnapshotProvider } from '../src/index.js';
import { scratchBtrfs, whyNoBtrfs } from './btrfs-volume.js';

const plainFolder = (): VolumeIdentity & { dispose: () => void } => {
  const root = mkdtempSync(join(tmpdir(), 'winback-plain-'));
  return {
    root,
    fileSystem: 'ext4',
    device: 'none',
    dispose: () => {
      rmSync(root, { recursive: true });
    },
  };
};

runSuite({ describe, it }, snapshotProviderSuite, 'none', [], () => {
  const volume = plainFolder();
  return { provider: new NoSnapshotProvider(), capabilities: new Set(), volume, unsupported: volume, dispose: volume.dispose };
});

const missing = whyNoBtrfs();
if (missing === undefined) {
  runSuite({ describe, it }, snapshotProviderSuite, 'btrfs', ['snapshots'], () => {
    const volume = scratchBtrfs();
    const unsupported = plainFolder();
    const provider = new BtrfsSnapshotProvider(systemPlatform(), systemRandom);
    const dispose = (): void => {
      volume.dispose();
      unsupported.dispose();
    };
    return { provider, capabilities: new Set(['snapshots'] as const), volume, unsupported, dispose };
  });
} else {
  it('SnapshotProvider: btrfs', (context) => {
    context.skip(missing);
  });
}
