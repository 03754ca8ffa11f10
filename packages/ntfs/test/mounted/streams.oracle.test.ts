import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FileAttribute as A, StreamId } from '@winback/core';
import { contentOf, readTree, recoverTree, testFile, testItem, type TestFile, type TestStream } from '@winback/core/testing';
import { copyTree, driver, getfattr, makeFolder, mountPoint, onBoth, onVolume, readOne, sh, told } from './mounted.js';

const stream = (name: string, data: Uint8Array): TestStream => ({
  header: { id: StreamId.ALTERNATE_DATA, attributes: 0, length: data.length, name: `:${name}:$DATA` },
  data,
});
const withStreams = ({ entry, streams }: TestFile, ...more: readonly TestStream[]): TestFile => ({ entry, streams: [...streams, ...more] });
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const SIZES = [0, 1, 4096, 65_536, 65_537, 5_000_000];
const MANY = SIZES.map((size) => [`stream of ${size}`, new Uint8Array(randomBytes(size))] as const);

onBoth('alternate streams', (mounted, streams) => {
  const relative = (path: string): string => path.slice(mounted.folder.length);
  /** An alternate stream as ntfscat(1) reads it from the volume. */
  const ntfscat = (path: string, name: string): Uint8Array =>
    new Uint8Array(execFileSync('ntfscat', ['-n', name, mounted.image, relative(path)], { maxBuffer: 1 << 28 }));
  const limit = streams === 'windows' ? Infinity : 65_536;

  for (const kind of ['file', 'directory'] as const) {
    it(`of a ${kind}: of no byte, of 64 KiB and of much more are recovered, or named`, () => {
      const folder = makeFolder(mounted.folder);
      const item = kind === 'file' ? testFile('f', 'content') : testItem('f');
      const problems = told(recoverTree(driver, folder, [withStreams(item, ...MANY.map(([name, data]) => stream(name, data)))]));
      if (limit === Infinity) expect(problems).toEqual([]);
      else expect(problems).toEqual([expect.stringMatching(/^incomplete: f: .*stream of 65537 .*stream of 5000000/)]);
      mounted.detach();
      for (const [name, data] of MANY) if (data.length <= limit) expect(sha(ntfscat(join(folder, 'f'), name)), name).toBe(sha(data));
      mounted.remount();
      const read = readOne(folder);
      expect(read.problems).toEqual([]);
      const found = read.streams.filter(({ header }) => header.id === StreamId.ALTERNATE_DATA);
      const expected = MANY.filter(([, data]) => data.length <= limit).map(([name, data]) => [`:${name}:$DATA`, sha(data)]);
      expect(found.map(({ header, data }) => [header.name, sha(data)])).toEqual(expected.sort());
      expect(read.entry.times.lastWrite).toBe(item.entry.times.lastWrite);
    });
  }

  it('larger than this mount can show are named', () => {
    const from = makeFolder(mounted.folder);
    mounted.remount('streams_interface=windows');
    sh(from, `touch f; head -c 100000 /dev/zero > f:large; echo small > f:small`);
    mounted.remount();
    const { problems, streams: found } = readOne(from);
    expect(found.map(({ header }) => header.name)).toEqual([undefined, undefined, ...(streams === 'windows' ? [':large:$DATA'] : []), ':small:$DATA']); // prettier-ignore
    if (streams === 'windows') expect(problems).toEqual([]);
    else expect(problems).toEqual([expect.stringMatching(/^incomplete: .*stream large is larger than the 64 KiB.* — Mount/)]);
  });

  it('of the root of the volume are read and recovered', () => {
    for (const text of ['longer before', 'root']) {
      const item = withStreams(testItem(''), stream('of the root', Buffer.from(text)));
      expect(told(recoverTree(driver, mounted.folder, [item]))).toEqual([]);
    }
    mounted.detach();
    expect(Buffer.from(ntfscat('/', 'of the root')).toString()).toBe('root');
    mounted.remount();
    const { files, problems } = readTree(driver, mounted.folder, (path) => path === '');
    expect(told(problems)).toEqual([]);
    const found = files.get('')!.streams.find(({ header }) => header.name === ':of the root:$DATA');
    expect(Buffer.from(found!.data).toString()).toBe('root');
  });

  it('of a reparse point are recovered; ntfs-3g reads them in no way, and names them in one', () => {
    const folder = makeFolder(mounted.folder);
    const junction = testItem('f', { attributes: A.DIRECTORY | A.REPARSE_POINT, reparseData: mountPoint('C:\\x') });
    const large = streams === 'windows' ? [stream('large', new Uint8Array(70_000))] : [];
    expect(told(recoverTree(driver, folder, [withStreams(junction, stream('of it', Buffer.from('y')), ...large)]))).toEqual([]);
    mounted.detach();
    expect(Buffer.from(ntfscat(join(folder, 'f'), 'of it')).toString()).toBe('y');
    mounted.remount();
    const { problems, streams: found } = readOne(folder);
    expect(found.map(({ header }) => header.name).filter(Boolean)).toEqual([]);
    expect(problems).toEqual(
      ['large', 'of it']
        .map((name) => expect.stringMatching(`its alternate stream ${name} lies behind a reparse point`) as string)
        .slice(streams === 'windows' ? 0 : 2),
    );
  });

  it('with names of all sorts are kept, with hostile ones named, and none goes elsewhere', () => {
    const folder = makeFolder(mounted.folder);
    sh(folder, 'mkdir outside; echo untouched > outside/victim; echo untouched > victim');
    const good = ['Zone.Identifier', 'ünïcödé \u{1f600}', '\ud800 alone', '..', '.', ' ', '$DATA', 'a:b', 'x'.repeat(200), 'back\\slash'];
    const evil = ['', 'a/b', '../victim', '/outside/victim', 'x\0y', 'y'.repeat(300)];
    const data = Buffer.from('evil');
    const item = withStreams(testFile('f', 'content'), ...[...good, ...evil].map((name) => stream(name, data)));
    const problems = told(recoverTree(driver, folder, [item])).join('\n');
    for (const name of evil) expect(problems).toContain(`stream ${name.slice(0, 20)}`);
    expect(sh(folder, 'cat f outside/victim victim; ls')).toBe('contentuntouched\nuntouched\nf\noutside\nvictim\n');
    mounted.remount();
    const kept = readOne(folder)
      .streams.filter(({ header }) => header.id === StreamId.ALTERNATE_DATA)
      .map(({ header }) => header.name!.slice(1, -6));
    for (const name of good) expect(kept.includes(name) || problems.includes(`stream ${name}`), name).toBe(true);
    expect(kept.filter((name) => !good.includes(name))).toEqual([]);
  });

  it('called as the keys of an encrypted file are called here is a stream, and encrypts nothing', () => {
    const folder = makeFolder(mounted.folder);
    const keys = new Uint8Array(100);
    new DataView(keys.buffer).setUint32(0, 100, true);
    const problems = told(recoverTree(driver, folder, [withStreams(testFile('f', 'content'), stream('ntfs.efsinfo', keys))]));
    expect(problems.length).toBe(streams === 'windows' ? 0 : 1);
    mounted.remount(`streams_interface=${streams},efs_raw`);
    expect(sh(folder, 'cat f')).toBe('content');
    mounted.remount();
  });

  it('of a folder that was there before and are not recorded go away, with its other facts', () => {
    const folder = makeFolder(mounted.folder);
    const before = testItem('d', {
      objectId: new Uint8Array(randomBytes(16)),
      extendedAttributes: [{ name: 'OLD', flags: 0, value: Buffer.from('old') }],
    });
    recoverTree(driver, folder, [withStreams(before, stream('old', Buffer.from('old')), stream('both', Buffer.from('older')))]);
    recoverTree(driver, folder, [withStreams(testItem('d'), stream('both', Buffer.from('new')), stream('new', Buffer.from('new')))]);
    mounted.remount();
    const { entry, streams: found } = readOne(folder, 'd');
    expect(found.filter(({ header }) => header.name).map(({ header, data }) => [header.name, Buffer.from(data).toString()])).toEqual([
      [':both:$DATA', 'new'],
      [':new:$DATA', 'new'],
    ]);
    expect(entry).toMatchObject({ objectId: undefined, extendedAttributes: undefined });
  });

  it('with holes come whole', () => {
    const folder = makeFolder(mounted.folder);
    const size = streams === 'windows' ? 300_000 : 60_000;
    const sparse: TestStream[] = [
      { header: { id: StreamId.ALTERNATE_DATA, attributes: 8, length: 0, name: ':s:$DATA' }, data: new Uint8Array() },
      { header: { id: StreamId.SPARSE_BLOCK, attributes: 8, length: 3, offset: 10 }, data: Buffer.from('abc') },
      { header: { id: StreamId.SPARSE_BLOCK, attributes: 8, length: 3, offset: size - 1000 }, data: Buffer.from('xyz') },
      { header: { id: StreamId.SPARSE_BLOCK, attributes: 8, length: 0, offset: size }, data: new Uint8Array() },
    ];
    expect(told(recoverTree(driver, folder, [withStreams(testFile('f', 'content'), ...sparse)]))).toEqual([]);
    const expected = new Uint8Array(size);
    expected.set(Buffer.from('abc'), 10);
    expected.set(Buffer.from('xyz'), size - 1000);
    mounted.detach();
    expect(sha(ntfscat(join(folder, 'f'), 's'))).toBe(sha(expected));
    mounted.remount();
  });
});

onVolume(
  'content',
  'streams_interface=windows',
  (mounted) => {
    it('of no byte, of 100 MB and with holes comes back, and holes stay holes', () => {
      const from = makeFolder(mounted.folder);
      sh(
        from,
        `touch empty; head -c 100000000 /dev/urandom > large
       python3 -c "
f = open('holes', 'wb')
for at in (0, 3_000_000, 20_000_001, 39_999_999): f.seek(at); f.write(b'x')
f.truncate(50_000_000)
f = open('end', 'wb'); f.write(b'y'); f.truncate(10_000_000)
f = open('all', 'wb'); f.truncate(10_000_000)
f = open('late', 'wb'); f.seek(10_000_000); f.write(b'z' * 70_000)"`,
      );
      mounted.remount();
      const to = makeFolder(mounted.folder);
      const { tree, problems } = copyTree(from, to);
      expect(problems).toEqual([]);
      for (const path of ['holes', 'end', 'all', 'late']) {
        expect(tree.files.get(path)!.entry.attributes & A.SPARSE_FILE, path).not.toBe(0);
        const given = tree.files.get(path)!.streams.reduce((sum, { data }) => sum + data.length, 0);
        expect(given, path).toBeLessThan(1_000_000);
      }
      mounted.remount();
      expect(sh(to, 'sha256sum *')).toBe(sh(from, 'sha256sum *'));
      for (const path of readdirSync(from)) {
        const [before, after] = [statSync(join(from, path)), statSync(join(to, path))];
        const unit = 65_536 / 512; // what is written in one
        expect([path, after.size, after.blocks <= before.blocks + 4 * unit]).toEqual([path, before.size, true]);
      }
      expect(statSync(join(to, 'holes')).blocks * 512).toBeLessThan(1_000_000);
    });

    it('of hard links is there once', () => {
      const folder = makeFolder(mounted.folder);
      sh(folder, 'echo x > a; ln a b; mkdir d; ln a d/c');
      mounted.remount();
      const tree = readTree(driver, folder);
      const ids = ['a', 'b', 'd/c'].map((path) => tree.files.get(path)!.entry);
      expect(new Set(ids.map(({ fileId }) => fileId)).size).toBe(1);
      expect(ids.map(({ linkCount }) => linkCount)).toEqual([3, 3, 3]);
      const to = makeFolder(mounted.folder);
      const { entry } = tree.files.get('a')!;
      const links = ['b', 'd/c'].map((path) => ({ entry: { ...entry, path, linkTo: 'a' }, streams: [] }));
      expect(told(recoverTree(driver, to, [tree.files.get('a')!, ...links]))).toEqual([]);
      // And again on top of it.
      expect(told(recoverTree(driver, to, [tree.files.get('a')!, ...links]))).toEqual([]);
      mounted.remount();
      expect(sh(to, 'stat -c "%h %i" a b d/c | sort -u | wc -l; cat a b d/c')).toBe('1\nx\nx\nx\n');
    });

    it('is that of the file, whatever plain reads of a stream of its name could say', () => {
      const folder = makeFolder(mounted.folder);
      mkdirSync(join(folder, 'd'));
      writeFileSync(join(folder, 'd/f'), 'main');
      spawnSync('sh', ['-c', 'echo -n other > f:other'], { cwd: join(folder, 'd') });
      const { streams } = readOne(join(folder, 'd'));
      expect(Buffer.from(contentOf(streams.filter(({ header }) => header.id === StreamId.DATA))).toString()).toBe('main');
      expect(getfattr(join(folder, 'd/f'), 'ntfs.streams.list')?.toString()).toBe(new Uint8Array(Buffer.from('other')).toString());
    });
  },
  '600M',
);
