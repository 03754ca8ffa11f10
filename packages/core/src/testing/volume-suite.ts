import assert from 'node:assert/strict';
import { isWinbackError } from '../errors/index.js';
import { encodeSpecialFile } from '../facts/reparse.js';
import { StreamAttribute, StreamId } from '../streams/stream-id.layout.js';
import type { VolumeCapability, VolumeDriver } from '../volume/volume.js';
import { suite, type Case, type Harness } from './suite.js';
import { volumeRecoveryCases } from './volume-recovery-cases.js';
import { contentOf, fileAt, readTree, recoverTree, TEST_TIME, testEntry, testFile, testItem, testLink } from './volume-tools.js';

/** What a volume driver is tried with: an empty folder on a volume that it serves, which must lie on no snapshot. */
export interface VolumeHarness extends Harness<VolumeCapability> {
  readonly driver: VolumeDriver;
  readonly folder: string;
}

export type VolumeCase = Case<VolumeHarness, VolumeCapability>;

/** Names that every system with long names takes. */
const NAMES = [
  'a',
  'A name with blanks.txt',
  '.hidden',
  'Ünïcödé',
  '日本語',
  '🦆 duck',
  'e\u0301 and \u00e9',
  '-rf',
  '$(x)',
  '%PATH%',
  'x'.repeat(255),
  '日'.repeat(85),
];
/** Names that only POSIX takes. */
const POSIX_NAMES = [
  'a\nb',
  'back\\slash',
  '"quoted"',
  "it's",
  'tab\tand\rreturn',
  '*',
  '?',
  'CON',
  'dot.',
  'blank ',
  ':stream',
  '\u0001',
  '...',
  '~',
  'lone \ud800 surrogate',
  '\udcff\udc80',
];

const sizes = [0, 1, 776, 777, 778, 1000, 4096, 65_537, 300_000];
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff);

const readingCases: readonly VolumeCase[] = [
  {
    name: 'gives files back as they were kept, whatever their size',
    run({ driver, folder }) {
      const problems = recoverTree(driver, folder, [testItem('sub'), ...sizes.map((size) => testFile(`sub/${size}`, bytes(size)))]);
      assert.deepEqual(problems, []);
      const tree = readTree(driver, folder);
      for (const size of sizes) {
        const { entry, streams } = fileAt(tree, `sub/${size}`);
        assert.equal(entry.size, size);
        assert.equal(entry.kind, 'file');
        assert.deepEqual(Buffer.from(contentOf(streams)), Buffer.from(bytes(size)));
      }
      assert.deepEqual(tree.problems, []);
    },
  },
  {
    name: 'hands out a folder, then its files, then each subfolder in the same way, names in byte order',
    run({ driver, folder }) {
      const paths = ['b/', 'b/z', 'b/c/', 'b/c/y', 'B', 'a', 'Z/', 'é', 'b.txt'];
      recoverTree(driver, folder, [
        ...paths.filter((path) => path.endsWith('/')).map((path) => testItem(path.slice(0, -1))),
        ...paths.filter((path) => !path.endsWith('/')).map((path) => testFile(path, path)),
      ]);
      assert.deepEqual(readTree(driver, folder).order, ['', 'B', 'a', 'b.txt', 'é', 'Z', 'b', 'b/z', 'b/c', 'b/c/y']);
    },
  },
  {
    name: 'hands out a folder of thousands of files in batches of one folder',
    run({ driver, folder }) {
      const names = Array.from({ length: 1500 }, (_, i) => `f${String(i).padStart(5, '0')}`);
      recoverTree(driver, folder, [testItem('many'), ...names.map((name) => testFile(`many/${name}`, name))]);
      assert.deepEqual(readTree(driver, folder).order, ['', 'many', ...names.map((name) => `many/${name}`)]);
    },
  },
  {
    name: 'leaves out what the filter says, and never looks into a folder that it leaves out',
    run({ driver, folder }) {
      recoverTree(driver, folder, [testItem('out'), testFile('out/x', 'x'), testFile('in', 'x'), testFile('no', 'x')]);
      const asked: string[] = [];
      const { order } = readTree(driver, folder, (path, kind) => {
        asked.push(`${path.slice(path.lastIndexOf('/') + 1)} ${kind}`);
        return !/\/(out|no)$/.test(path);
      });
      assert.deepEqual(order, ['', 'in']);
      assert.deepEqual(asked.sort(), ['in file', 'no file', 'out directory']);
    },
  },
  {
    name: 'walks a single file, and knows one by its path',
    run({ driver, folder }) {
      recoverTree(driver, folder, [testFile('only', 'content')]);
      assert.deepEqual(readTree(driver, `${folder}/only`).order, ['']);
      const located = driver.locate(`${folder}/only`);
      assert.ok(located);
      assert.equal(located.kind, 'file');
      using volume = driver.open(located.volume, located.volume.root);
      const facts = volume.node(located.path).facts();
      assert.equal(facts.size, 7);
      assert.equal(facts.path, located.path);
      assert.equal(facts.times.lastWrite, TEST_TIME);
    },
  },
  {
    name: 'says SOURCE_NOT_FOUND for what is not there',
    run({ driver, folder }) {
      const notFound = (error: unknown): boolean => isWinbackError(error, 'SOURCE_NOT_FOUND');
      assert.throws(() => driver.locate(`${folder}/nothing`), notFound);
      assert.throws(() => driver.locate(`${folder}/no/such/folder`), notFound);
      const located = driver.locate(folder);
      assert.ok(located);
      using volume = driver.open(located.volume, located.volume.root);
      const path = `${located.path}/nothing`;
      assert.throws(() => volume.node(path), notFound);
      assert.throws(() => [...volume.walk(path)], notFound);
      assert.throws(() => volume.node(`${located.path}/../x`), notFound);
    },
  },
  {
    name: 'keeps names that are hard to keep',
    run({ driver, folder }) {
      recoverTree(
        driver,
        folder,
        NAMES.map((name) => testFile(name, name)),
      );
      const tree = readTree(driver, folder);
      for (const name of NAMES) assert.equal(Buffer.from(contentOf(fileAt(tree, name).streams)).toString(), name);
    },
  },
  {
    name: 'keeps names that only POSIX takes, of files, folders and link targets',
    needs: ['byte-names', 'symbolic-links'],
    run({ driver, folder }) {
      recoverTree(driver, folder, [
        ...POSIX_NAMES.map((name) => testFile(name, name)),
        ...POSIX_NAMES.flatMap((name) => [testItem(`${name}.d`), testItem(`${name}.d/link`, testLink(name))]),
      ]);
      const tree = readTree(driver, folder);
      for (const name of POSIX_NAMES) {
        assert.deepEqual(Buffer.from(contentOf(fileAt(tree, name).streams)), Buffer.from(name));
        assert.equal(fileAt(tree, `${name}.d/link`).entry.linkTarget, name);
      }
      assert.equal(tree.files.size, 1 + 3 * POSIX_NAMES.length);
    },
  },
  {
    name: 'reaches files whose paths are longer than any call takes',
    run({ driver, folder }) {
      const parts = Array.from({ length: 150 }, (_, i) => `${String(i)}-${'d'.repeat(100)}`);
      const folders = parts.map((_, i) => parts.slice(0, i + 1).join('/'));
      const deep = `${folders.at(-1) ?? ''}/file`;
      recoverTree(driver, folder, [...folders.map((path) => testItem(path)), testFile(deep, 'deep'), testFile('after', 'x')]);
      const tree = readTree(driver, folder);
      assert.equal(tree.files.size, parts.length + 3);
      assert.equal(Buffer.from(contentOf(fileAt(tree, deep).streams)).toString(), 'deep');
    },
  },
  {
    name: 'says nothing of changes when there were none',
    run({ driver, folder }) {
      recoverTree(driver, folder, [testFile('still', 'x')]);
      const located = driver.locate(`${folder}/still`);
      assert.ok(located);
      using volume = driver.open(located.volume, located.volume.root);
      const opened = volume.node(located.path).open();
      assert.equal(opened.changed(), false);
      opened.streams.close();
      assert.equal(opened.changed(), false);
    },
  },
  {
    name: 'gives exactly one LINK stream for a later sight of a hard link',
    run({ driver, folder }) {
      recoverTree(driver, folder, [testFile('x', 'content')]);
      const located = driver.locate(`${folder}/x`);
      assert.ok(located);
      using volume = driver.open(located.volume, located.volume.root);
      const opened = volume.node(located.path).open('a folder/first');
      assert.equal(opened.entry.linkTo, 'a folder/first');
      const header = opened.streams.next();
      assert.equal(header?.id, StreamId.LINK);
      const path = new Uint8Array(header.length);
      assert.equal(opened.streams.readInto(path), path.length);
      assert.equal(Buffer.from(path).toString('utf16le'), '\\a folder\\first');
      assert.equal(opened.streams.next(), undefined);
      opened.streams.close();
    },
  },
];

const factCases: readonly VolumeCase[] = [
  {
    name: 'keeps the times of files and folders, also of folders that were filled later',
    run({ driver, folder }) {
      const times = (n: bigint) => ({ times: { lastWrite: TEST_TIME + n * 1_000_000_100n, lastAccess: TEST_TIME - n * 500n } });
      recoverTree(driver, folder, [
        testItem('a', times(1n)),
        testItem('a/b', times(2n)),
        testFile('a/b/x', 'x', times(3n)),
        testItem('c', times(4n)),
        testFile('a/b/late', 'x', times(5n)),
        testFile('a/early 1969', 'x', { times: { lastWrite: -86_400_000_000_000n + 100n } }),
      ]);
      const tree = readTree(driver, folder);
      const written = (path: string): bigint => fileAt(tree, path).entry.times.lastWrite;
      assert.deepEqual(
        ['a', 'a/b', 'a/b/x', 'c', 'a/b/late'].map(written),
        [1n, 2n, 3n, 4n, 5n].map((n) => times(n).times.lastWrite),
      );
      assert.equal(written('a/early 1969'), -86_399_999_999_900n);
      assert.equal(fileAt(tree, 'a/b/x').entry.times.lastAccess, times(3n).times.lastAccess);
    },
  },
  {
    name: 'keeps modes',
    needs: ['posix'],
    run({ driver, folder }) {
      const { userId, groupId } = ownFacts(driver, folder);
      const modes = [0o000, 0o400, 0o644, 0o755, 0o4711, 0o2755, 0o1777, 0o7777];
      const problems = recoverTree(driver, folder, [
        ...modes.map((mode) => testFile(`f${mode}`, 'x', { posix: { userId, groupId, mode: 0o100000 | mode } })),
        ...modes.map((mode) => testItem(`d${mode}`, { posix: { userId, groupId, mode: 0o040000 | mode } })),
      ]);
      assert.deepEqual(problems, []);
      const tree = readTree(driver, folder);
      for (const mode of modes) {
        if (userId !== 0 && (mode & 0o400) === 0) continue; // cannot be read back
        assert.equal(fileAt(tree, `f${mode}`).entry.posix?.mode, 0o100000 | mode);
        assert.equal(fileAt(tree, `d${mode}`).entry.posix?.mode, 0o040000 | mode);
      }
    },
  },
  {
    name: 'keeps extended attributes',
    needs: ['posix', 'xattrs'],
    run({ driver, folder }) {
      const owner = ownFacts(driver, folder);
      const xattrs = new Map([
        ['user.text', Buffer.from('text')],
        ['user.empty', new Uint8Array()],
        ['user.bytes', bytes(1000)],
        [`user.${'n'.repeat(250)}`, bytes(1)],
      ]);
      recoverTree(driver, folder, [
        testFile('f', 'x', { posix: { ...owner, mode: 0o100644, xattrs } }),
        testItem('d', { posix: { ...owner, mode: 0o040755, xattrs } }),
      ]);
      const tree = readTree(driver, folder);
      for (const path of ['f', 'd']) {
        const found = fileAt(tree, path).entry.posix?.xattrs;
        for (const [name, value] of xattrs)
          assert.deepEqual(Buffer.from(found?.get(name) ?? 'missing'), Buffer.from(value), `${path} ${name}`);
      }
    },
  },
  {
    name: 'keeps symbolic links, followed by nobody',
    needs: ['symbolic-links'],
    run({ driver, folder }) {
      const targets = ['nowhere', '/', '..', '.', 'a/../b', 'x'.repeat(1000)];
      recoverTree(
        driver,
        folder,
        targets.map((target, i) => testItem(`l${i}`, { ...testLink(target), times: { lastWrite: TEST_TIME } })),
      );
      const tree = readTree(driver, folder);
      targets.forEach((target, i) => {
        const { entry } = fileAt(tree, `l${i}`);
        assert.deepEqual([entry.kind, entry.linkTarget, entry.times.lastWrite], ['symbolic-link', target, TEST_TIME]);
      });
      assert.equal(tree.files.size, 1 + targets.length);
      assert.equal(driver.locate(`${folder}/l1`)?.kind, 'symbolic-link');
    },
  },
  {
    name: 'keeps FIFOs and sockets without opening them',
    needs: ['special-files'],
    run({ driver, folder }) {
      const kinds = ['fifo', 'socket'] as const;
      recoverTree(
        driver,
        folder,
        kinds.map((kind) => testItem(kind, { kind, attributes: 0x400, reparseData: encodeSpecialFile(kind) })),
      );
      const tree = readTree(driver, folder);
      for (const kind of kinds)
        assert.deepEqual([fileAt(tree, kind).entry.kind, fileAt(tree, kind).entry.times.lastWrite], [kind, TEST_TIME]);
    },
  },
  {
    name: 'keeps holes as holes, at the beginning, between and at the end',
    needs: ['sparse'],
    run({ driver, folder }) {
      const [MiB, size] = [1 << 20, 20 << 20];
      const block = (offset: number, data: Uint8Array) => ({
        header: { id: StreamId.SPARSE_BLOCK, attributes: StreamAttribute.SPARSE, length: data.length, offset },
        data,
      });
      const whole = { header: { id: StreamId.DATA, attributes: StreamAttribute.SPARSE, length: 0 }, data: new Uint8Array() };
      const entry = testEntry('holes', { size });
      recoverTree(driver, folder, [
        { entry, streams: [whole, block(MiB, bytes(MiB)), block(8 * MiB, bytes(65_536)), block(size, new Uint8Array())] },
        { entry: testEntry('all hole', { size }), streams: [whole, block(size, new Uint8Array())] },
      ]);
      const tree = readTree(driver, folder);
      const { entry: found, streams } = fileAt(tree, 'holes');
      assert.equal(found.size, size);
      assert.ok(found.attributes & 0x200, 'has the attribute sparse');
      const ranges = streams
        .filter(({ header }) => header.id === StreamId.SPARSE_BLOCK)
        .map(({ header }) => [header.offset, header.length]);
      assert.deepEqual(ranges, [[MiB, MiB], [8 * MiB, 65_536], [size, 0]]); // prettier-ignore
      assert.deepEqual(Buffer.from(contentOf(streams).subarray(MiB, 2 * MiB)), Buffer.from(bytes(MiB)));
      const hole = fileAt(tree, 'all hole').streams.filter(({ header }) => header.id === StreamId.SPARSE_BLOCK);
      assert.deepEqual(hole.map(({ header }) => [header.offset, header.length]), [[size, 0]]); // prettier-ignore
    },
  },
  {
    name: 'keeps hard links across folders',
    needs: ['hard-links'],
    run({ driver, folder }) {
      const linkTo = (path: string, to: string) => ({ entry: testEntry(path, { linkTo: to, size: 1 }), streams: [] });
      recoverTree(driver, folder, [
        testItem('a'),
        testFile('a/first', 'x'),
        testItem('b'),
        testItem('b/c'),
        linkTo('b/c/second', 'a/first'),
        linkTo('third', 'a/first'),
      ]);
      recoverTree(driver, folder, [linkTo('third', 'a/first')]); // once more, over itself
      const tree = readTree(driver, folder);
      const links = ['a/first', 'b/c/second', 'third'].map((path) => fileAt(tree, path).entry);
      assert.deepEqual(
        links.map(({ linkCount }) => linkCount),
        [3, 3, 3],
      );
      assert.equal(new Set(links.map(({ fileId }) => fileId)).size, 1);
      assert.notEqual(links[0]?.fileId, undefined);
      assert.equal(tree.files.size, 7);
    },
  },
];

/** The owner that files in a folder get. */
function ownFacts(driver: VolumeDriver, folder: string): { userId: number; groupId: number } {
  recoverTree(driver, folder, [testFile('owned', '')]);
  const { posix } = fileAt(readTree(driver, folder), 'owned').entry;
  return { userId: posix?.userId ?? 0, groupId: posix?.groupId ?? 0 };
}

/** What every volume driver must do. */
export const volumeSuite = suite<VolumeHarness, VolumeCapability>('VolumeDriver', [...readingCases, ...factCases, ...volumeRecoveryCases]);
