import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { FileAttribute, fromFileTime, StreamId, textToBytes, type FileEntry } from '@winback/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFiles, makeSpecialFiles } from './fixture.js';
import { getXattr, NOT_HERE, onPath, WHY_NOT, Workspace } from './ntfs-image.js';
import { openVolume, readTree, type ReadFile, type ReadTree } from './read-volume.js';
import { captureWithWimlib } from './wim-listing.js';

/** A file with several names, of which one is a pair. */
const LINKED = 'short/Linked with a short name';

/** A file of the system whose content ntfs-3g takes for a link; to Windows, and here, it is a file. */
const INTERIX = 'reparse/link of ntfs-3g';

/** A file whose times Winback knows to the nanosecond, those that were not set since. */
const FINE = 'facts/fine times';

/** On a volume: the file has extended attributes. To programs this bit would be RECALL_ON_OPEN. */
const HAS_EAS = 0x40000;

/** What ntfs-3g says of one file. */
interface Truth {
  readonly record: number;
  readonly size: number;
  readonly links: number;
  readonly isDirectory: boolean;
  readonly attributes: number;
  readonly times: readonly bigint[];
  readonly descriptor: Buffer | undefined;
  readonly shortName: string | undefined;
  readonly objectId: Buffer | undefined;
  readonly reparse: Buffer | undefined;
  readonly ea: Buffer | undefined;
  readonly streams: ReadonlyMap<string, Uint8Array>;
}

/** Names below a folder of the mounted volume, as ntfs-3g lists them. */
function pathsBelow(root: string, path = ''): string[] {
  const entries = readdirSync(`${root}/${path}`, { withFileTypes: true });
  return entries.flatMap((entry) => {
    const child = path === '' ? entry.name : `${path}/${entry.name}`;
    return entry.isDirectory() ? [child, ...pathsBelow(root, child)] : [child];
  });
}

function truthOf(root: string, path: string): Truth {
  const file = `${root}/${path}`;
  const stat = lstatSync(file);
  const times = getXattr(file, 'system.ntfs_times')!;
  const reparse = getXattr(file, 'system.ntfs_reparse_data');
  const streams = new Map<string, Uint8Array>();
  // ntfs-3g reads no content behind a reparse point
  if (!reparse) {
    if (stat.isFile()) streams.set('', readFileSync(file));
    for (const name of (getXattr(file, 'ntfs.streams.list') ?? Buffer.alloc(0)).toString().split('\0')) {
      if (name !== '') streams.set(name, readFileSync(`${file}:${name}`));
    }
  }
  return {
    record: stat.ino,
    size: stat.size,
    links: stat.nlink,
    isDirectory: stat.isDirectory(),
    attributes: getXattr(file, 'system.ntfs_attrib')!.readUInt32LE(0),
    times: [0, 8, 16, 24].map((at) => times.readBigUInt64LE(at)),
    descriptor: getXattr(file, 'system.ntfs_acl'),
    shortName: getXattr(file, 'system.ntfs_dos_name')?.toString(),
    objectId: getXattr(file, 'system.ntfs_object_id'),
    reparse,
    ea: getXattr(file, 'system.ntfs_ea'),
    streams,
  };
}

const hex = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('hex');

function factsOf(entry: FileEntry) {
  return {
    record: Number((entry.fileId ?? 0n) & 0xffff_ffff_ffffn),
    attributes: entry.attributes,
    times: [entry.times.creation, entry.times.lastWrite, entry.times.lastAccess, entry.times.change],
    descriptor: hex(entry.securityDescriptor),
    shortName: entry.shortName,
    objectId: hex(entry.objectId),
    reparse: hex(entry.reparseData),
  };
}

const streamsOf = (file: ReadFile): Map<string, string> => {
  const found = new Map<string, string>();
  for (const { id, name, data } of file.streams) {
    if (id === StreamId.DATA) found.set('', hex(data)!);
    if (id === StreamId.ALTERNATE_DATA) found.set(/^:(.*):\$DATA$/s.exec(name ?? '')?.[1] ?? '?', hex(data)!);
  }
  return found;
};

describe.skipIf(WHY_NOT !== '')(`a volume of ntfs-3g read from its bytes${NOT_HERE}`, () => {
  const workspace = new Workspace();
  let image = '';
  let tree: ReadTree;
  const truths = new Map<string, Truth>();
  let listed: string[] = [];

  beforeAll(async () => {
    image = workspace.makeVolume('facts', 96);
    await workspace.mounted(image, 'streams_interface=windows,compression,noatime', makeFiles);
    await workspace.mounted(image, 'special_files=wsl,noatime', makeSpecialFiles);
    using volume = openVolume(image);
    tree = readTree(volume);
    await workspace.mounted(image, 'ro,streams_interface=windows,noatime,special_files=wsl', (root) => {
      listed = pathsBelow(root);
      for (const path of listed) if (!/^many\/|crowd.*[1-9]$/.test(path)) truths.set(path, truthOf(root, path));
      truths.set('', truthOf(root, '.'));
    });
  }, 120_000);
  afterAll(() => {
    workspace[Symbol.dispose]();
  });

  it('has the files that ntfs-3g lists, and no others', () => {
    expect(tree.problems).toEqual([]);
    expect([...tree.files.keys()].sort()).toEqual(['', ...listed].sort());
  });

  it('has every fact of every file that ntfs-3g has', () => {
    for (const [path, truth] of truths) {
      const { entry, problems } = tree.files.get(path)!;
      expect(problems, path).toEqual([]);
      if (path === FINE) continue;
      expect(factsOf(entry), path).toEqual({
        record: truth.record,
        attributes: truth.attributes & ~HAS_EAS,
        times: truth.times.map((time) => fromFileTime(time)),
        descriptor: hex(truth.descriptor),
        shortName: path === LINKED ? 'LINKED~1' : truth.shortName,
        objectId: hex(truth.objectId),
        reparse: hex(truth.reparse),
      });
      if (!truth.isDirectory && !truth.reparse && path !== INTERIX) expect(entry.size, path).toBe(truth.size);
    }
  });

  it('counts the names of a file, short ones not among them', () => {
    for (const [path, truth] of truths) {
      if (truth.isDirectory) continue;
      // ntfs-3g counts a short name too
      const hasShort = truth.record === truths.get(LINKED)?.record || truth.shortName !== undefined;
      expect(tree.files.get(path)?.entry.linkCount, path).toBe(truth.links - (hasShort ? 1 : 0));
    }
    expect(tree.files.get('links/crowd')?.entry.linkCount).toBe(51);
    expect(tree.files.get('short/link to it')?.entry.shortName).toBeUndefined();
  });

  it('has the content of every stream', () => {
    for (const [path, truth] of truths) {
      if (truth.reparse || path === INTERIX) continue;
      const file = tree.files.get(path)!;
      expect(file.faults, path).toEqual([]);
      const found = streamsOf(file);
      expect([...found.keys()].sort(), path).toEqual([...truth.streams.keys()].sort());
      for (const [name, data] of truth.streams) if (found.get(name) !== hex(data)) expect.fail(`${path}:${name} differs`);
    }
    expect(tree.files.get('streams/many')?.streams).toHaveLength(62);
  });

  it('has the content behind reparse points, as ntfscat has it', () => {
    for (const name of ['sis', 'dedup', 'wof', 'large', 'third']) {
      const record = String(truths.get(`reparse/${name}`)?.record);
      const data = execFileSync('ntfscat', ['-f', '-q', '-i', record, image], { maxBuffer: 1 << 20, stdio: ['ignore', 'pipe', 'ignore'] });
      expect(data.length).toBe(10_000);
      expect(hex(tree.files.get(`reparse/${name}`)?.streams.find(({ id }) => id === StreamId.DATA)?.data), name).toBe(hex(data));
    }
  });

  it('knows what reparse points stand for', () => {
    const of = (name: string) => tree.files.get(`reparse/${name}`)?.entry;
    expect(of('mount point')).toMatchObject({ kind: 'directory' });
    expect(of('windows link')).toMatchObject({ kind: 'symbolic-link', linkTarget: '..\\sizes\\700' });
    expect(of('wsl link')).toMatchObject({ kind: 'symbolic-link', linkTarget: '../sizes' });
    expect(of('link of wsl')).toMatchObject({ kind: 'symbolic-link', linkTarget: '../sizes' });
    expect(tree.files.get(INTERIX)?.entry.kind).toBe('file');
    expect(of('fifo')?.kind).toBe('fifo');
    expect(of('device')).toMatchObject({ kind: 'block-device', posix: { device: { major: 8, minor: 17 } } });
    for (const name of ['sis', 'dedup', 'wof', 'large', 'third']) expect(of(name)?.kind).toBe('reparse-point');
  });

  it('has extended attributes, and the POSIX facts among them', () => {
    const plain = tree.files.get('facts/ea')?.entry.extendedAttributes;
    expect(plain?.map(({ name, flags, value }) => [name, flags, value.length])).toEqual([
      ['ONE', 0, 5],
      ['TWO', 0x80, 3000],
    ]);
    const wsl = tree.files.get('facts/wsl')?.entry;
    expect(wsl?.posix).toMatchObject({ userId: 1000, groupId: 100, mode: 0o100644 });
    expect(wsl?.extendedAttributes?.map(({ name }) => name)).toEqual(['ONE']);
    for (const [path, { ea }] of truths) {
      const entry = tree.files.get(path)?.entry;
      expect(ea !== undefined, path).toBe(entry?.posix !== undefined || entry?.extendedAttributes !== undefined);
    }
  });

  it.skipIf(!onPath('wimcapture'))('has what wimlib captures of every file (needs wimlib)', () => {
    const wim = captureWithWimlib(image, workspace.path('x.wim'));
    expect([...wim.keys()].sort()).toEqual([...tree.files.keys()].sort());
    for (const [path, found] of wim) {
      const file = tree.files.get(path)!;
      expect(
        {
          attributes: file.entry.attributes,
          shortName: file.entry.shortName ?? '',
          descriptor: hex(file.entry.securityDescriptor),
          linkCount: file.entry.kind === 'directory' ? found.linkCount : file.entry.linkCount,
        },
        path,
      ).toEqual({
        attributes: found.attributes & ~HAS_EAS,
        shortName: found.shortName,
        descriptor: found.descriptor,
        linkCount: found.linkCount,
      });
      const hashes = new Map(
        file.streams.flatMap(({ id, name, data }) =>
          id === StreamId.DATA || id === StreamId.ALTERNATE_DATA
            ? [[name?.slice(1, -':$DATA'.length) ?? '', data.length === 0 ? '0'.repeat(40) : createHash('sha1').update(data).digest('hex')]]
            : [],
        ),
      );
      for (const [name, hash] of found.hashes) expect(hashes.get(name) ?? '0'.repeat(40), `${path}:${name}`).toBe(hash);
      // wimlib keeps no content of reparse points.
      if (file.entry.kind === 'reparse-point') continue;
      for (const name of hashes.keys()) expect(found.hashes.has(name), `${path}:${name}`).toBe(true);
    }
  });

  it('has times to the nanosecond where they were kept and not changed since', () => {
    const { entry } = tree.files.get(FINE)!;
    expect(entry.times).toMatchObject({ lastWrite: 1_500_000_000_123_456_789n, creation: 5n, lastAccess: 7_000n });
    expect(entry.extendedAttributes?.map(({ name }) => name)).toEqual(['ONE']);
  });

  it('gives sparse streams as the ranges that hold data', () => {
    const holes = tree.files.get('sparse/holes')?.streams.find(({ id }) => id === StreamId.DATA);
    expect(holes?.sparse).toBe(true);
    const bytes = holes!.blocks.reduce((sum, [, length]) => sum + length, 0);
    expect(bytes).toBeLessThan(300_000);
    expect(holes!.blocks.at(-1)).toEqual([9_999_999, 0]);
    expect(tree.files.get('sparse/holes')!.entry.attributes & FileAttribute.SPARSE_FILE).not.toBe(0);
    const empty = tree.files.get('sparse/all hole')?.streams.find(({ id }) => id === StreamId.DATA);
    expect(empty?.blocks).toEqual([[123_456_789, 0]]);
    const named = tree.files.get('streams/sparse')?.streams.find(({ id }) => id === StreamId.ALTERNATE_DATA);
    expect(named).toMatchObject({ name: ':holes:$DATA', sparse: true });
    expect(named?.data).toHaveLength(2_000_000);
  });

  it('gives each folder, then its files, then its folders, by the bytes of their names', () => {
    const compare = (a: string, b: string): number => Buffer.compare(textToBytes(a), textToBytes(b));
    const expected = (folder: string): string[] => {
      const inside = [...tree.files.keys()].filter((path) => path !== '' && path.slice(0, Math.max(0, path.lastIndexOf('/'))) === folder);
      const folders = inside.filter((path) => tree.files.get(path)?.entry.kind === 'directory');
      const files = inside.filter((path) => !folders.includes(path));
      return [folder, ...files.sort(compare), ...folders.sort(compare).flatMap(expected)];
    };
    expect(tree.order).toEqual(expected(''));
  });

  it('reads the same whatever the buffer', () => {
    using volume = openVolume(image);
    const small = readTree(volume, 'compressed', undefined, 777);
    for (const [path, file] of small.files) expect(streamsOf(file), path).toEqual(streamsOf(tree.files.get(path)!));
  });

  it('finds files by path, in any case when there is no other', () => {
    using volume = openVolume(image);
    expect(volume.node('names/Ünïcödé').facts().path).toBe('names/Ünïcödé');
    expect(volume.node('NAMES/üNÏCÖDÉ').facts().path).toBe('names/Ünïcödé');
    expect(volume.node('many/FILE 00017').facts().size).toBe(2);
    expect([...volume.walk('SPARSE')].map(({ directory }) => directory)).toEqual(['sparse']);
    expect([...volume.walk('big')].flatMap(({ nodes }) => nodes.map(({ path }) => path))).toEqual(['big']);
    for (const path of ['nothing', 'big/x', 'sizes/..', 'sizes/', '.', '$MFT', '$Extend', 'reparse/mount point/x']) {
      expect(() => volume.node(path), path).toThrow(expect.objectContaining({ code: 'SOURCE_NOT_FOUND' }));
    }
  });

  it('gives large folders in batches and never asks below what is left out', () => {
    using volume = openVolume(image);
    const asked: string[] = [];
    const sizes = [...volume.walk('', (path, kind) => (asked.push(path), kind !== 'directory' || path === 'many'))].map(
      ({ nodes }) => nodes.length,
    );
    expect(sizes).toEqual([2, 512, 512, 512, 465]);
    expect(asked).toContain('sizes');
    expect(asked.filter((path) => path.startsWith('sizes/'))).toEqual([]);
  });

  it('knows the label and the security descriptors of the volume', () => {
    using volume = openVolume(image);
    expect(volume.metadata.label).toBe('Test volume');
    expect(volume.metadata.isDirty).toBe(false);
    expect(volume.metadata.security.count).toBeGreaterThan(3);
  });
});
