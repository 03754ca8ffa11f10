import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { FileAttribute, isWinbackError, StreamId } from '@winback/core';
import { afterAll, describe, expect, it } from 'vitest';
import { noise } from './fixture.js';
import { getXattr, NOT_HERE, setXattr, WHY_NOT, Workspace } from './ntfs-image.js';
import { dataOf, openVolume, readTree } from './read-volume.js';

describe.skipIf(WHY_NOT !== '')(`volumes of ntfs-3g that are hard to read${NOT_HERE}`, () => {
  const workspace = new Workspace();
  afterAll(() => {
    workspace[Symbol.dispose]();
  });

  /** Fills a volume with small files and takes every other one away; what is written then lies in pieces. */
  function fragment(root: string): number {
    let count = 0;
    try {
      for (;;) writeFileSync(join(root, `small ${count++}`), noise(5000, count));
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOSPC') throw error;
    }
    for (let i = 0; i < count; i += 2) rmSync(join(root, `small ${i}`), { force: true });
    return count;
  }

  it('a file in thousands of pieces is read, with the attribute list that it needs', async () => {
    const image = workspace.makeVolume('pieces', 24, '-c', '512', '-z', '1');
    const truth = new Map<string, Buffer>();
    await workspace.mounted(image, 'noatime', (root) => {
      fragment(root);
      writeFileSync(join(root, 'in pieces'), noise(4_000_000, 7));
      mkdirSync(join(root, 'later'));
      for (let i = 0; i < 3000; i++) writeFileSync(join(root, `later/${i}`), `${i}`);
    });
    await workspace.mounted(image, 'ro', (root) => {
      for (const path of ['in pieces', 'small 1', 'small 3', 'later/0', 'later/2999']) truth.set(path, readFileSync(join(root, path)));
    });
    using volume = openVolume(image);
    const tree = readTree(volume);
    expect(tree.problems).toEqual([]);
    for (const [path, data] of truth) {
      const file = tree.files.get(path);
      expect(file?.problems, path).toEqual([]);
      expect(Buffer.compare(data, dataOf(file)!), path).toBe(0);
    }
    expect([...tree.files.keys()].filter((path) => path.startsWith('later/'))).toHaveLength(3000);
    const record = Number((tree.files.get('in pieces')?.entry.fileId ?? 0n) & 0xffff_ffffn);
    const info = execFileSync('ntfsinfo', ['-f', '-i', String(record), image], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
    expect(info).toContain('$ATTRIBUTE_LIST');
  }, 120_000);

  it.each([
    ['512-byte clusters', ['-c', '512']],
    ['64 KiB clusters', ['-c', '65536']],
    ['2 MiB clusters', ['-c', '2097152']],
    ['4096-byte sectors', ['-s', '4096', '-c', '4096']],
  ])('%s', async (_name, options) => {
    const image = workspace.makeVolume(`geometry ${options.join(' ')}`, 128, ...options);
    await workspace.mounted(image, 'streams_interface=windows', (root) => {
      for (const size of [10, 3000, 200_000, 3_000_000]) writeFileSync(join(root, String(size)), noise(size, size));
      writeFileSync(join(root, '10:stream'), noise(70_000));
    });
    using volume = openVolume(image);
    const tree = readTree(volume);
    expect(tree.problems).toEqual([]);
    for (const size of [10, 3000, 200_000, 3_000_000])
      expect(Buffer.compare(dataOf(tree.files.get(String(size)))!, noise(size, size))).toBe(0);
    expect(tree.files.get('10')?.streams.find(({ id }) => id === StreamId.ALTERNATE_DATA)?.data).toHaveLength(70_000);
  });

  it('encrypted files are given as their ciphertext and $EFS attribute, as efs_raw gives them', async () => {
    const image = workspace.makeVolume('efs', 32);
    const sizes = [0, 1, 511, 512, 513, 4096, 100_000];
    const truth = new Map<string, { data: Buffer; efs: Buffer | undefined }>();
    const ciphertext = (size: number): Uint8Array => {
      const padded = Math.ceil(size / 512) * 512;
      return size === 0
        ? new Uint8Array(0)
        : Buffer.concat([noise(padded, size + 1), Uint8Array.of((padded - size) & 0xff, (padded - size) >> 8)]);
    };
    const metadata = noise(700, 5);
    new DataView(metadata.buffer).setUint32(0, metadata.length, true);
    await workspace.mounted(image, 'efs_raw,noatime', (root) => {
      for (const size of sizes) {
        writeFileSync(join(root, String(size)), ciphertext(size));
        setXattr(join(root, String(size)), 'system.ntfs_efsinfo', metadata);
      }
      writeFileSync(join(root, 'plain'), 'plain');
    });
    await workspace.mounted(image, 'efs_raw,ro', (root) => {
      for (const size of sizes) {
        const path = join(root, String(size));
        truth.set(String(size), { data: readFileSync(path), efs: getXattr(path, 'system.ntfs_efsinfo') });
      }
    });
    using volume = openVolume(image);
    const tree = readTree(volume);
    for (const [path, { data, efs }] of truth) {
      const file = tree.files.get(path)!;
      expect(file.entry.size, path).toBe(Number(path));
      expect(file.entry.attributes & FileAttribute.ENCRYPTED, path).not.toBe(0);
      expect(Buffer.from(file.entry.efsMetadata!).equals(efs!), path).toBe(true);
      expect(Buffer.from(dataOf(file)!).equals(data), path).toBe(true);
      expect(Buffer.from(dataOf(file)!).equals(ciphertext(Number(path))), path).toBe(true);
    }
    expect(tree.files.get('plain')?.entry.efsMetadata).toBeUndefined();
    expect(Buffer.from(dataOf(tree.files.get('plain'))!).toString()).toBe('plain');
  });

  it('a partition in a disk is read at its offset', async () => {
    const image = workspace.makeVolume('partition', 16);
    await workspace.mounted(image, 'noatime', (root) => writeFileSync(join(root, 'file'), 'content'));
    const disk = workspace.path('disk');
    writeFileSync(disk, Buffer.concat([noise(1_048_576), readFileSync(image)]));
    using volume = openVolume(disk, 1_048_576);
    expect(Buffer.from(dataOf(readTree(volume).files.get('file'))!).toString()).toBe('content');
    expect(() => openVolume(disk)).toThrow(expect.objectContaining({ code: 'FORMAT_MAGIC' }));
  });

  it('a file that is changed while it is open says so, and so does one that is removed', async () => {
    const image = workspace.makeVolume('changes', 16);
    const write = (name: string, text: string) =>
      workspace.mounted(image, 'noatime', (root) => {
        writeFileSync(join(root, name), text);
      });
    await write('a', 'first');
    await write('b', 'other');
    using volume = openVolume(image);
    const [a, b, vanishing] = [volume.node('a').open(), volume.node('b').open(), volume.node('b')];
    expect([a.changed(), b.changed()]).toEqual([false, false]);
    await write('a', 'second');
    expect([a.changed(), b.changed()]).toEqual([true, false]);
    expect(volume.node('a').facts().size).toBe(6);
    await workspace.mounted(image, 'noatime', (root) => rmSync(join(root, 'b')));
    expect(b.changed()).toBe(true);
    expect(() => vanishing.open()).toThrow(expect.objectContaining({ code: 'SOURCE_VANISHED' }));
  });

  it('block devices have a size and are read as files are', async (context) => {
    const image = workspace.makeVolume('device', 16);
    await workspace.mounted(image, 'noatime', (root) => {
      const fd = openSync(join(root, 'file'), 'w');
      writeSync(fd, noise(50_000));
      closeSync(fd);
    });
    let device: string;
    try {
      device = execFileSync('losetup', ['-f', '--show', '-r', image], { stdio: ['ignore', 'pipe', 'pipe'] })
        .toString()
        .trim();
    } catch (error) {
      context.skip(`no loop device here: ${String(error)}`);
      throw error;
    }
    try {
      using volume = openVolume(device);
      expect(volume.geometry.volumeSize).toBeLessThanOrEqual(16 * 1024 * 1024);
      const tree = readTree(volume);
      expect(tree.problems).toEqual([]);
      expect(Buffer.from(dataOf(tree.files.get('file'))!).equals(noise(50_000))).toBe(true);
    } finally {
      execFileSync('losetup', ['-d', device]);
    }
  });

  it('no NTFS is FORMAT_MAGIC', () => {
    writeFileSync(workspace.path('zeros'), new Uint8Array(100_000));
    let code = '';
    try {
      openVolume(workspace.path('zeros'))[Symbol.dispose]();
    } catch (error) {
      code = isWinbackError(error) ? error.code : String(error);
    }
    expect(code).toBe('FORMAT_MAGIC');
  });
});
