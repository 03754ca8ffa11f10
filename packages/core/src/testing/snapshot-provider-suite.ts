import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWinbackError } from '../errors/index.js';
import type { SnapshotProvider, VolumeIdentity } from '../snapshot/snapshot-provider.js';
import { suite, type Harness } from './suite.js';

/** `snapshots`: the harness has a volume that the provider can make snapshots of. */
export type SnapshotCapability = 'snapshots';

export interface SnapshotHarness extends Harness<SnapshotCapability> {
  readonly provider: SnapshotProvider;
  /** A scratch volume, written to. With the capability `snapshots` one that is supported, without it one that is not. */
  readonly volume: VolumeIdentity;
  /** A volume that the provider cannot make a snapshot of. */
  readonly unsupported: VolumeIdentity;
}

const rejectedWithSnapshotError = async (make: () => unknown): Promise<void> => {
  await assert.rejects(
    async () => {
      await make();
    },
    (error) => isWinbackError(error) && (error.code === 'SNAPSHOT_FAILED' || error.code === 'SNAPSHOT_UNSUPPORTED'),
  );
};

/** The contract of {@link SnapshotProvider}. */
export const snapshotProviderSuite = suite<SnapshotHarness, SnapshotCapability>('SnapshotProvider', [
  {
    name: 'has a name and a priority that is no less than 0',
    run({ provider }) {
      assert.match(provider.name, /^[a-z][a-z0-9-]*$/);
      assert.ok(provider.priority >= 0);
    },
  },
  {
    name: 'gives a reason for what it does not support',
    async run({ provider, unsupported }) {
      const support = await provider.supports(unsupported);
      assert.ok(!support.supported, 'said to be supported');
      assert.ok(support.reason.length > 0);
    },
  },
  {
    name: 'changes nothing while it is asked',
    async run({ provider, volume }) {
      const before = readdirSync(volume.root).sort();
      await provider.supports(volume);
      assert.deepEqual(readdirSync(volume.root).sort(), before);
    },
  },
  {
    name: 'fails to create what it does not support',
    async run({ provider, unsupported }) {
      await rejectedWithSnapshotError(() => provider.create([unsupported]));
    },
  },
  {
    name: 'shows the volume as it was when the snapshot was made',
    needs: ['snapshots'],
    async run({ provider, volume }) {
      assert.deepEqual(await provider.supports(volume), { supported: true });
      const file = join(volume.root, 'changing');
      writeFileSync(file, 'before');
      await using set = await provider.create([volume]);
      writeFileSync(file, 'after');
      writeFileSync(join(volume.root, 'new'), '');
      assert.equal(readFileSync(join(set.rootOf(volume), 'changing'), 'utf8'), 'before');
      assert.equal(existsSync(join(set.rootOf(volume), 'new')), false);
      assert.equal(readFileSync(file, 'utf8'), 'after');
    },
  },
  {
    name: 'is read-only',
    needs: ['snapshots'],
    async run({ provider, volume }) {
      writeFileSync(join(volume.root, 'kept'), 'kept');
      await using set = await provider.create([volume]);
      const root = set.rootOf(volume);
      assert.throws(() => {
        writeFileSync(join(root, 'kept'), 'changed');
      });
      assert.throws(() => {
        writeFileSync(join(root, 'added'), '');
      });
    },
  },
  {
    name: 'leaves nothing behind when the set is disposed of, and disposes of it twice without harm',
    needs: ['snapshots'],
    async run({ provider, volume }) {
      const before = readdirSync(volume.root).sort();
      const set = await provider.create([volume]);
      const root = set.rootOf(volume);
      assert.ok(existsSync(root));
      await set[Symbol.asyncDispose]();
      assert.equal(existsSync(root), false);
      assert.deepEqual(readdirSync(volume.root).sort(), before);
      await set[Symbol.asyncDispose]();
    },
  },
  {
    name: 'leaves nothing behind when one volume of several fails',
    needs: ['snapshots'],
    async run({ provider, volume, unsupported }) {
      const before = readdirSync(volume.root).sort();
      await rejectedWithSnapshotError(() => provider.create([volume, unsupported]));
      assert.deepEqual(readdirSync(volume.root).sort(), before);
    },
  },
  {
    name: 'keeps two sets of one volume apart',
    needs: ['snapshots'],
    async run({ provider, volume }) {
      const file = join(volume.root, 'counted');
      writeFileSync(file, '1');
      await using first = await provider.create([volume]);
      writeFileSync(file, '2');
      {
        await using second = await provider.create([volume]);
        assert.notEqual(first.id, second.id);
        assert.equal(readFileSync(join(second.rootOf(volume), 'counted'), 'utf8'), '2');
      }
      assert.equal(readFileSync(join(first.rootOf(volume), 'counted'), 'utf8'), '1');
    },
  },
  {
    name: 'knows no root for a volume outside of the set',
    needs: ['snapshots'],
    async run({ provider, volume, unsupported }) {
      await using set = await provider.create([volume]);
      assert.throws(() => set.rootOf(unsupported));
    },
  },
]);
