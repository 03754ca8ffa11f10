import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeReparsePoint, takePosixFacts, decodeExtendedAttributes, toDate, type FileEntry } from '@winback/core';
import { afterAll, describe, expect, it } from 'vitest';
import { ResidentContent } from '../../src/raw/content.js';
import { FileSource } from '../../src/raw/block-source.js';
import { FolderWalk } from '../../src/raw/folder-walk.js';
import { readGeometry } from '../../src/raw/geometry.js';
import { AttributeType } from '../../src/raw/layouts/index.js';
import { Mft } from '../../src/raw/mft.js';
import { VolumeMetadata } from '../../src/raw/volume-metadata.js';
import { NOT_HERE, WHY_NOT, Workspace } from './ntfs-image.js';
import { dataOf, openVolume, readTree } from './read-volume.js';

/** Volumes that Windows wrote; they are not ours to publish. */
const SAMPLES = join(process.env['WINBACK_SAMPLES'] ?? join(import.meta.dirname, '../../../../../shared/samples'), 'ntfs');
const has = existsSync(join(SAMPLES, 'dfir-unicode.mft'));
const NO_SAMPLES = has ? '' : ' (skipped: WINBACK_SAMPLES names no folder of samples)';
const sample = (name: string): Uint8Array => new Uint8Array(readFileSync(join(SAMPLES, name)));

/** An $MFT without its volume. */
function bareMft(bytes: Uint8Array, recordSize: number): VolumeMetadata {
  const source = { name: '$MFT', size: bytes.length, read: () => expect.fail('there is no volume'), [Symbol.dispose]: () => undefined };
  const geometry = {
    bytesPerSector: 512,
    clusterSize: 4096,
    clusterCount: 2 ** 30,
    volumeSize: 2 ** 42,
    recordSize,
    mftCluster: 0,
    mftMirrorCluster: 0,
    serial: 0n,
  };
  return new VolumeMetadata(new Mft(source, geometry, new ResidentContent(bytes), (position) => position, 1 << 20));
}

function entriesOf(metadata: VolumeMetadata): Map<string, FileEntry> {
  const walk = new FolderWalk(metadata);
  const entries = new Map<string, FileEntry>();
  for (const { nodes } of walk.from(walk.root, () => true, [])) for (const node of nodes) entries.set(node.path, node.facts());
  return entries;
}

/** A line of fls: kind, record, path, four times, size. */
const LINE = /^([rd])\/[rd] (\d+)-\d+-\d+:\t([^\t:]+)\t([^\t]+)\t([^\t]+)\t([^\t]+)\t([^\t]+)\t(\d+)\t/;
const seconds = (text: string): string => {
  const [, date = '', time = '', zone] = /^(\S+) (\S+) \((\w+)\)$/.exec(text) ?? [];
  return new Date(`${date}T${time}${zone === 'MSK' ? '+03:00' : 'Z'}`).toISOString();
};
const shownTime = (time: bigint | undefined): string => new Date(Math.floor(toDate(time!).getTime() / 1000) * 1000).toISOString();

describe.skipIf(!has)(`volumes of Windows${NO_SAMPLES}`, () => {
  it.each([
    ['dfir-unicode', 1024, 8],
    ['dfir-4k-large', 4096, 8],
  ])('%s: names, sizes and times are those that the Sleuth Kit lists', (name, recordSize, count) => {
    const listing = Buffer.from(sample(`${name}.fls`)).toString();
    const entries = entriesOf(bareMft(sample(`${name}.mft`), recordSize));
    entries.delete('');
    const lines = listing.split('\n').flatMap((line) => {
      const match = LINE.exec(line);
      return match && Number(match[2]) >= 24 && !match[3]!.startsWith('$Extend') ? [match] : [];
    });
    expect(lines).toHaveLength(count);
    expect([...entries.keys()].sort()).toEqual(lines.map((line) => line[3]).sort());
    for (const [, kind, record, path, written, accessed, changed, created, size] of lines) {
      const entry = entries.get(path!)!;
      expect(entry.kind, path).toBe(kind === 'd' ? 'directory' : 'file');
      expect(Number(entry.fileId! & 0xffff_ffffn), path).toBe(Number(record));
      if (kind === 'r') expect(entry.size, path).toBe(Number(size));
      const { lastWrite, lastAccess, change, creation } = entry.times;
      expect([lastWrite, lastAccess, change, creation].map(shownTime), path).toEqual(
        [written, accessed, changed, created].map((t) => seconds(t!)),
      );
    }
  });

  it('sizes of compressed and of sparse files', () => {
    const entries = entriesOf(bareMft(sample('dfir-compressed_sparse.mft'), 1024));
    expect(entries.get('compressed.txt')).toMatchObject({ size: 22_308, attributes: 0x820 });
    expect(entries.get('sparse')).toMatchObject({ size: 1_048_582 });
    expect(entries.get('sparse')!.attributes & 0x200).toBe(0x200);
  });

  it.each([
    ['dfir-512.boot', 512, 512, 1024],
    ['dfir-4k.boot', 512, 4096, 1024],
    ['dfir-4kn.boot', 4096, 4096, 4096],
    ['dfir-64k.boot', 512, 65_536, 1024],
    ['dfir-128k.boot', 512, 131_072, 1024],
  ])('%s', (name, bytesPerSector, clusterSize, recordSize) => {
    const geometry = readGeometry(sample(name), Number.MAX_SAFE_INTEGER);
    expect(geometry).toMatchObject({ bytesPerSector, clusterSize, recordSize });
  });

  it('a record with a symbolic link, and one with extended attributes', () => {
    const link = bareMft(sample('dfir-rp.bin'), 1024).mft.attributes(0);
    const data = link.find(AttributeType.REPARSE_POINT)?.resident;
    expect(decodeReparsePoint(data!)).toMatchObject({ kind: 'symbolic-link', linkTarget: 'target.txt' });
    const ea = bareMft(sample('dfir-frs_ea.bin'), 1024).mft.attributes(0).find(AttributeType.EA)?.resident;
    const { posix } = takePosixFacts(decodeExtendedAttributes(ea!));
    expect(posix).toMatchObject({ userId: expect.any(Number) as number });
  });

  it('the $MFT of a volume with deduplicated files says that they are reparse points', () => {
    const mft = new Uint8Array(readFileSync(join(SAMPLES, '../dedup/MFT.bin')));
    const metadata = bareMft(mft, 1024);
    const { table } = metadata.tree;
    const sizes: number[] = [];
    for (let record = 24; record < table.count; record++) {
      if (!table.isFile(record)) continue;
      const attributes = metadata.mft.attributes(record);
      const reparse = attributes.find(AttributeType.REPARSE_POINT);
      if (reparse && attributes.find(AttributeType.DATA)) {
        expect(reparse.size).toBe(392);
        const stream = attributes.find(AttributeType.DATA)!;
        expect(stream.runs.allocated).toBe(0);
        sizes.push(stream.size);
      }
    }
    expect([...new Set(sizes)].sort()).toEqual([1_147_609, 2_870_571]);
  });
});

describe.skipIf(!has || WHY_NOT !== '')(`content of volumes of Windows, as ntfs-3g reads it${NO_SAMPLES || NOT_HERE}`, () => {
  const workspace = new Workspace();
  afterAll(() => {
    workspace[Symbol.dispose]();
  });

  /** All files of a folder of the system with their content. */
  function contentBelow(root: string, path = ''): Map<string, Buffer | undefined> {
    const found = new Map<string, Buffer | undefined>();
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      const child = path === '' ? entry.name : `${path}/${entry.name}`;
      found.set(child, entry.isFile() ? readFileSync(join(root, child)) : undefined);
      if (entry.isDirectory()) for (const [name, data] of contentBelow(root, child)) found.set(name, data);
    }
    return found;
  }

  it.each([
    ['msuhanov-ntfs-lastaccess.raw.gz', 65_536, 8],
    ['msuhanov-ntfs-ramslack.raw.gz', 65_536, 7],
    ['msuhanov-ntfs-2m.raw.gz', 65_536, 3],
    ['dfir-vss_2_stor.tar.gz', 67_584 * 512, 9],
    ['dfir-vss_2003.tgz', 63 * 512, 42],
  ])(
    '%s',
    async (name, offset, count) => {
      const disk = workspace.path(name.replace(/\.\w*gz$/, ''));
      const from = join(SAMPLES, name);
      const unpack = name.includes('.t')
        ? `mkdir '${disk}.d' && tar -C '${disk}.d' -xzSf '${from}' && mv '${disk}.d'/* '${disk}'`
        : `gunzip -c '${from}' | dd of='${disk}' conv=sparse bs=64k status=none`;
      execFileSync('sh', ['-c', unpack]);
      const device = execFileSync('losetup', ['-f', '--show', '-r', '-o', String(offset), disk])
        .toString()
        .trim();
      try {
        using volume = openVolume(disk, offset);
        const { size } = new FileSource(disk, { offset });
        expect(volume.geometry.volumeSize).toBeLessThanOrEqual(size);
        const tree = readTree(volume, '', (path) => !/System Volume Information\/.*3808876b/i.test(path));
        expect(tree.problems).toEqual([]);
        await workspace.mounted(device, 'ro,noatime', (root) => {
          const truth = contentBelow(root);
          const big = [...truth.keys()].filter((path) => /3808876b/i.test(path));
          expect(truth.size).toBe(count);
          expect([...tree.files.keys(), ...big].sort()).toEqual(['', ...truth.keys()].sort());
          for (const [path, data] of truth) {
            const file = tree.files.get(path);
            if (!file) continue;
            expect(file.problems, path).toEqual([]);
            if (data) expect(Buffer.compare(data, dataOf(file)!), path).toBe(0);
          }
        });
      } finally {
        execFileSync('losetup', ['-d', device]);
      }
    },
    120_000,
  );

  it('a volume of the ntfs3 driver, with records without numbers', () => {
    const disk = workspace.path('ntfs3');
    execFileSync('sh', ['-c', `gunzip -c '${join(SAMPLES, 'dfir-ntfs3.raw.gz')}' > '${disk}'`]);
    using volume = openVolume(disk);
    const tree = readTree(volume);
    expect(tree.problems).toEqual([]);
    expect(tree.order).toEqual(['', 'test', 'test/1.txt', 'test/2.txt', 'test/3.txt']);
    expect(dataOf(tree.files.get('test/1.txt'))).toHaveLength(286_671);
  });
});
