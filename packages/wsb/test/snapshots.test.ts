import {
  createContainer,
  definePlugin,
  PLUGIN_API,
  SNAPSHOT_PROVIDER,
  SnapshotError,
  type SnapshotProvider,
  type VolumeIdentity,
} from '@winback/core';
import { describe, expect, it } from 'vitest';
import { describeConsistency, planSnapshots, takeSnapshots } from '../src/backup/snapshots.js';

const volume = (root: string, fileSystem = 'ext4'): VolumeIdentity => ({ root, fileSystem, device: '/dev/x' });

function provider(name: string, serves: string, log: string[], fails = false): SnapshotProvider {
  return {
    name,
    priority: name === 'none' ? 0 : 10,
    supports: (v) => (v.fileSystem === serves ? { supported: true } : { supported: false, reason: `${v.fileSystem} has no snapshots` }),
    create(volumes) {
      if (fails) throw new SnapshotError('SNAPSHOT_FAILED', 'out of space');
      log.push(`create ${name} ${volumes.map((v) => v.root).join(',')}`);
      return {
        id: name,
        provider: name,
        rootOf: (v) => `/snap${v.root}`,
        [Symbol.asyncDispose]: () => {
          log.push(`dispose ${name}`);
          return Promise.resolve();
        },
      };
    },
  };
}

const containerWith = (...providers: SnapshotProvider[]) =>
  createContainer([
    definePlugin({
      name: 'test',
      api: PLUGIN_API,
      register(c) {
        for (const p of providers) c.register(SNAPSHOT_PROVIDER, { useValue: p });
      },
    }),
  ]);

describe('when a snapshot is made', () => {
  it('whenever a volume can make one; all of a provider in one set, gone afterwards', async () => {
    const log: string[] = [];
    const container = containerWith(provider('none', '-', log), provider('btrfs', 'btrfs', log));
    const plans = await planSnapshots(container, [volume('/a', 'btrfs'), volume('/b', 'btrfs'), volume('/c')], 'auto');
    expect(plans.map((p) => p.consistency.consistent)).toEqual([true, true, false]);
    {
      await using taken = await takeSnapshots(plans);
      expect(['/a', '/b', '/c'].map((root) => taken.rootOf(volume(root)))).toEqual(['/snap/a', '/snap/b', '/c']);
    }
    expect(log).toEqual(['create btrfs /a,/b', 'dispose btrfs']);
  });

  it('says why there is none', async () => {
    const [plan] = await planSnapshots(containerWith(provider('none', '-', []), provider('btrfs', 'btrfs', [])), [volume('/')], 'auto');
    expect(plan && describeConsistency(plan.consistency)).toMatch(/^\/: no snapshot \(ext4 has no snapshots\); files are read as they are/);
  });

  it('required and impossible is an error', async () => {
    await expect(planSnapshots(containerWith(provider('none', '-', [])), [volume('/')], 'required')).rejects.toMatchObject({
      code: 'SNAPSHOT_UNSUPPORTED',
    });
  });

  it('switched off by the user: none is made, and that is said', async () => {
    const [plan] = await planSnapshots(containerWith(provider('btrfs', 'btrfs', [])), [volume('/', 'btrfs')], 'none');
    expect(plan?.provider).toBeUndefined();
    expect(plan?.consistency.reason).toContain('--no-snapshot');
  });

  it('a provider that fails takes the earlier sets with it', async () => {
    const log: string[] = [];
    const container = containerWith(provider('one', 'one', log), provider('two', 'two', log, true));
    const plans = await planSnapshots(container, [volume('/1', 'one'), volume('/2', 'two')], 'auto');
    await expect(takeSnapshots(plans)).rejects.toMatchObject({ code: 'SNAPSHOT_FAILED' });
    expect(log).toEqual(['create one /1', 'dispose one']);
  });
});
