import assert from 'node:assert/strict';
import {
  linkStream,
  MemoryStreams,
  StreamAttribute,
  StreamId,
  type BackupStreamSource,
  type MemoryStream,
  type StreamFault,
} from '../streams/index.js';
import type { TargetCapability } from '../target/index.js';
import {
  addAll,
  assertCode,
  assertSame,
  catalogOf,
  DESCRIPTION,
  entryOf,
  file,
  folder,
  OTHER,
  pattern,
  readBack,
  STARTED,
  VOLUME,
  withTarget,
  write,
  type BackupTargetHarness,
  type Kept,
} from './backup-target-tools.js';
import { suite } from './suite.js';

export type { BackupTargetHarness };

const CONTENT: readonly Kept[] = [
  folder(''),
  file('empty', Buffer.alloc(0)),
  file('small', Buffer.from('hello')),
  folder('a'),
  file('a/large', pattern(3_333_333)),
  folder('a/b'),
  file('a/b/\ud83d\ude00 \ud800 \u00e9', pattern(1023)),
];

/** What every backup target must do. */
export const backupTargetSuite = suite<BackupTargetHarness, TargetCapability>('BackupTarget', [
  {
    name: 'a target that is not there is TARGET_NOT_FOUND, and looking makes none',
    async run(harness) {
      await assertCode('TARGET_NOT_FOUND', () => harness.open({ mode: 'read' }));
      await assertCode('TARGET_NOT_FOUND', () => harness.open({ mode: 'append' }));
      await withTarget(harness, { mode: 'append', create: true }, async (target) => {
        assert.deepEqual(await target.versions(), []);
      });
      await assertCode('TARGET_NOT_FOUND', () => harness.open({ mode: 'read' }));
    },
  },
  {
    name: 'entries, streams and bytes come back as they were given, in order',
    async run(harness) {
      await write(harness, CONTENT);
      const read = await readBack(harness);
      assertSame(read, CONTENT);
      for (const { file: stored } of read) assert.deepEqual(stored.volume, VOLUME);
    },
  },
  {
    name: 'bytes are the same whatever the size of the pieces that they are read in',
    async run(harness) {
      const kept = [folder(''), file('f', pattern(70_001)), file('g', pattern(5))];
      await write(harness, kept);
      for (const piece of [1, 13, 4096, 1 << 20]) assertSame(await readBack(harness, 'latest', piece), kept);
    },
  },
  {
    name: 'streams of every kind come back with their headers',
    async run(harness) {
      const streams: MemoryStream[] = [
        { id: StreamId.SECURITY_DATA, attributes: StreamAttribute.CONTAINS_SECURITY, data: pattern(60) },
        { id: StreamId.EA_DATA, attributes: 0, data: pattern(61) },
        { id: StreamId.OBJECT_ID, attributes: 0, data: pattern(64) },
        { id: StreamId.REPARSE_DATA, attributes: 0, data: pattern(62) },
        { id: StreamId.DATA, attributes: StreamAttribute.SPARSE, data: Buffer.alloc(0) },
        { id: StreamId.SPARSE_BLOCK, attributes: 0, offset: 0, data: pattern(4096) },
        { id: StreamId.SPARSE_BLOCK, attributes: 0, offset: 2 ** 40, data: pattern(3) },
        { id: StreamId.SPARSE_BLOCK, attributes: 0, offset: 2 ** 40 + 8192, data: Buffer.alloc(0) },
        { id: StreamId.ALTERNATE_DATA, attributes: 0, name: ':Zone.Identifier:$DATA', data: pattern(26) },
        { id: StreamId.PROPERTY_DATA, attributes: StreamAttribute.CONTAINS_PROPERTIES, data: pattern(9) },
        { id: StreamId.TXFS_DATA, attributes: 0, data: pattern(10) },
        { id: 0, attributes: 0, foreign: { format: 'mtf', id: 'SMP2', attributes: 1 }, data: pattern(11) },
        { id: 0, attributes: 0, foreign: { format: 'other', id: 'longer name', attributes: 3 }, data: pattern(12) },
      ];
      const kept = [folder(''), { entry: entryOf('f', { size: 2 ** 40 + 8192 }), streams }];
      await write(harness, kept);
      assertSame(await readBack(harness), kept);
    },
  },
  {
    name: 'hard links, special files and folders that are only implied come back as such',
    async run(harness) {
      const kept: Kept[] = [
        { entry: entryOf('', { kind: 'directory', attributes: 0x10, implied: true }), streams: [] },
        file('first', Buffer.from('one'), { linkCount: 2 }),
        { entry: entryOf('second', { linkCount: 2, linkTo: 'first', size: 3 }), streams: [linkStream('first')] },
        {
          entry: entryOf('fifo', { kind: 'fifo', attributes: 0x400 }),
          streams: [{ id: StreamId.REPARSE_DATA, attributes: 0, data: pattern(8) }],
        },
        {
          entry: entryOf('link', { kind: 'symbolic-link', attributes: 0x400 }),
          streams: [{ id: StreamId.REPARSE_DATA, attributes: 0, data: pattern(9) }],
        },
      ];
      await write(harness, kept);
      assertSame(await readBack(harness), kept);
    },
  },
  {
    name: 'files and streams that are not read, or not to their end, do not disturb those behind them',
    async run(harness) {
      await write(harness, CONTENT);
      await withTarget(harness, { mode: 'read' }, async (target) => {
        const reader = await target.openSet('latest');
        const paths: string[] = [];
        for (let stored = await reader.next(); stored; stored = await reader.next()) {
          paths.push(stored.entry.path);
          if (stored.entry.path !== 'a/large') continue;
          await stored.streams.next();
          assert.ok((await stored.streams.readInto(new Uint8Array(10))) > 0);
        }
        assert.deepEqual(
          paths,
          CONTENT.map((k) => k.entry.path),
        );
        assert.deepEqual(reader.damage, []);
        await reader.close();
      });
    },
  },
  {
    name: 'what a file lacks, because it could not be read, is told when it is read back',
    async run(harness) {
      const inner = new MemoryStreams([{ id: StreamId.DATA, attributes: 0, data: pattern(1000) }]);
      const faults: StreamFault[] = [{ kind: 'unreadable', streamNumber: 1, offset: 512, message: 'input/output error' }];
      const source: BackupStreamSource = {
        faults,
        next: () => inner.next(),
        readInto: (buffer) => inner.readInto(buffer),
        close: () => undefined,
      };
      await withTarget(harness, { mode: 'append', create: true }, async (target) => {
        const writer = await target.createSet(DESCRIPTION);
        await writer.beginVolume(VOLUME);
        await addAll(writer, [folder('')]);
        await writer.add(entryOf('bad', { size: 1000 }), source);
        await addAll(writer, [file('good', pattern(10))]);
        await writer.commit(catalogOf());
      });
      const read = await readBack(harness);
      assert.deepEqual(
        read.map(({ file: stored, faults: known }) => [stored.entry.path, known]),
        [
          ['', 0],
          ['bad', 1],
          ['good', 0],
        ],
      );
    },
  },
  {
    name: 'each file belongs to its volume',
    async run(harness) {
      await withTarget(harness, { mode: 'append', create: true }, async (target) => {
        const writer = await target.createSet(DESCRIPTION);
        for (const volume of [VOLUME, OTHER]) {
          await writer.beginVolume(volume);
          await addAll(writer, [folder(''), file('f', Buffer.from(volume.root))]);
        }
        const version = await writer.commit(catalogOf());
        assert.deepEqual(version.volumes, [VOLUME.root, OTHER.root]);
      });
      const read = await readBack(harness);
      assert.deepEqual(
        read.map(({ file: stored }) => stored.volume),
        [VOLUME, VOLUME, OTHER, OTHER],
      );
      assert.equal(read[3]?.streams[0]?.data.toString(), OTHER.root);
    },
  },
  {
    name: 'a version carries its description and its catalog',
    async run(harness) {
      const id = await write(harness, CONTENT);
      assert.equal(id, '03/01/2026-12:34');
      await withTarget(harness, { mode: 'read' }, async (target) => {
        const [version, ...more] = await target.versions();
        assert.deepEqual(more, []);
        assert.deepEqual(target.damage, []);
        const { name, description, machine, user, number, time, catalog, volumes } = version ?? assert.fail('no version');
        assert.deepEqual(
          { name, description, machine, user },
          { name: 'conformance', description: 'made by the suite', machine: 'machine', user: 'somebody' },
        );
        assert.deepEqual({ number, time, volumes }, { number: 1, time: BigInt(Date.parse(STARTED)) * 1_000_000n, volumes: ['/data'] });
        assert.deepEqual(catalog, catalogOf());
      });
    },
  },
  {
    name: 'an unknown version is VERSION_NOT_FOUND',
    async run(harness) {
      await write(harness, CONTENT);
      await withTarget(harness, { mode: 'read' }, async (target) => {
        await assertCode('VERSION_NOT_FOUND', () => target.openSet('01/01/1999-00:00'));
      });
    },
  },
  {
    name: 'a set is absent until it is committed',
    async run(harness) {
      await write(harness, [folder(''), file('first', pattern(10))]);
      const target = await harness.open({ mode: 'append' });
      const writer = await target.createSet(DESCRIPTION);
      await writer.beginVolume(VOLUME);
      await addAll(writer, CONTENT);
      await withTarget(harness, { mode: 'read' }, async (other) => {
        assert.equal((await other.versions()).length, 1);
        const reader = await other.openSet('latest');
        await reader.next();
        assert.equal((await reader.next())?.entry.path, 'first');
        await reader.close();
      });
      await writer.abort();
      await target.close();
    },
  },
  {
    name: 'an aborted set leaves the target as it was',
    async run(harness) {
      const abandon = (): Promise<void> =>
        withTarget(harness, { mode: 'append', create: true }, async (target) => {
          const writer = await target.createSet(DESCRIPTION);
          await writer.beginVolume(VOLUME);
          await addAll(writer, CONTENT);
          await writer.abort();
          await writer.abort();
        });
      await abandon();
      await assertCode('TARGET_NOT_FOUND', () => harness.open({ mode: 'read' }));
      const kept = [folder(''), file('stays', pattern(100))];
      await write(harness, kept);
      await abandon();
      assertSame(await readBack(harness), kept);
      await withTarget(harness, { mode: 'read' }, async (target) => {
        assert.equal((await target.versions()).length, 1);
        assert.deepEqual(target.damage, []);
      });
    },
  },
  {
    name: 'later sets are appended, and those of the same minute have ids of their own',
    needs: ['append'],
    async run(harness) {
      const ids: string[] = [];
      for (let i = 0; i < 3; i++) ids.push(await write(harness, [folder(''), file('n', Buffer.from(String(i)))]));
      ids.push(await write(harness, [folder(''), file('n', Buffer.from('3'))], '2026-03-01T12:35:00.000Z'));
      assert.deepEqual(ids, ['03/01/2026-12:34', '03/01/2026-12:34-2', '03/01/2026-12:34-3', '03/01/2026-12:35']);
      await withTarget(harness, { mode: 'read' }, async (target) => {
        assert.deepEqual(
          (await target.versions()).map((v) => [v.id, v.number]),
          ids.map((id, i) => [id, i + 1]),
        );
      });
      for (const [i, id] of ids.entries()) assert.equal((await readBack(harness, id))[1]?.streams[0]?.data.toString(), String(i));
      assert.equal((await readBack(harness))[1]?.streams[0]?.data.toString(), '3');
    },
  },
  {
    name: 'of two writers the second is told TARGET_LOCKED',
    async run(harness) {
      await write(harness, CONTENT);
      await withTarget(harness, { mode: 'append' }, async () => {
        await assertCode('TARGET_LOCKED', () => harness.open({ mode: 'append' }));
      });
      await withTarget(harness, { mode: 'append' }, () => undefined);
    },
  },
  {
    name: 'versions that are deleted are gone, and the others stay',
    needs: ['append', 'delete'],
    async run(harness) {
      const kept = [folder(''), file('n', pattern(100_000, 3))];
      const first = await write(harness, CONTENT);
      const second = await write(harness, kept);
      await withTarget(harness, { mode: 'append' }, async (target) => {
        await target.deleteSets([first]);
        assert.deepEqual(
          (await target.versions()).map((v) => v.time),
          [BigInt(Date.parse(STARTED)) * 1_000_000n],
        );
        await assertCode('VERSION_NOT_FOUND', () => target.deleteSets(['01/01/1999-00:00']));
      });
      assertSame(await readBack(harness, second), kept);
    },
  },
  {
    name: 'a target that cannot delete says so, and keeps what it has',
    async run(harness) {
      if (harness.capabilities.has('delete')) return;
      const id = await write(harness, CONTENT);
      await withTarget(harness, { mode: 'append' }, async (target) => {
        await assertCode('TARGET_UNSUPPORTED', () => target.deleteSets([id]));
      });
      assertSame(await readBack(harness, id), CONTENT);
    },
  },
]);
