import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runSuite, volumeSuite, type VolumeHarness } from '../../src/testing/index.js';
import { copyTree, driver, makeFolder, mountImage, removeFolder, seenBySystem, sh } from './linux.js';

const KINDS: readonly (readonly [type: string, mkfs: readonly string[], size: string, options?: string])[] = [
  ['xfs', ['mkfs.xfs', '-q'], '320M'],
  ['btrfs', ['mkfs.btrfs', '-q'], '120M'],
  ['ext4', ['mkfs.ext4', '-q', '-O', 'ea_inode', '-I', '256'], '64M'],
  ['vfat', ['mkfs.vfat'], '64M'],
  ['tmpfs', ['true'], '0', 'size=64m'],
];

/** Cases that say nothing about a file system are no skipped tests. */
const applies = (condition: boolean): ((name: string, body: () => void) => void) => (condition ? it : () => undefined);

for (const [type, mkfs, size, options] of KINDS) {
  const mounted = mountImage(type, mkfs, size, options);
  if (!mounted) {
    it.skip(`VolumeDriver: portable on ${type} (needs root, loop devices, ${mkfs[0] ?? ''} and a kernel with ${type})`, () => undefined);
    continue;
  }
  afterAll(mounted.unmount);
  const harness = (): VolumeHarness => {
    const folder = makeFolder(mounted.folder);
    const recovery = driver.openRecovery(folder, { overwrite: 'overwrite' });
    const { capabilities } = recovery;
    recovery[Symbol.dispose]();
    return { driver, folder, capabilities, dispose: () => removeFolder(folder) };
  };
  const first = harness();
  if (type !== 'vfat') runSuite({ describe, it }, volumeSuite, `portable on ${type}`, [...first.capabilities], harness);

  describe(`portable on ${type}`, () => {
    it('is named as what it is', () => {
      const located = driver.locate(join(mounted.folder, '.'));
      expect(located).toMatchObject({ volume: { root: mounted.folder, fileSystem: type }, path: '', kind: 'directory' });
    });

    applies(type !== 'vfat' && type !== 'tmpfs')('keeps an extended attribute of 64 KiB, or as much as the file system takes', () => {
      const [from, to] = [makeFolder(mounted.folder), makeFolder(mounted.folder)];
      const length = type === 'btrfs' ? 16_000 : 65_536;
      sh(
        from,
        `python3 -c "import os; open('f','w'); os.setxattr('f', 'user.large', os.urandom(${length})); os.setxattr('f', 'user.small', b'x')"`,
      );
      const { tree, problems } = copyTree(from, to);
      expect([...tree.problems, ...problems]).toEqual([]);
      expect(tree.files.get('f')?.entry.posix?.xattrs?.get('user.large')?.length).toBe(length);
      expect(seenBySystem(to)).toBe(seenBySystem(from));
    });

    applies(type === 'vfat')('says of each file what it could not keep, and keeps the rest', () => {
      const [from, to] = [makeFolder(), makeFolder(mounted.folder)];
      sh(
        from,
        'echo content > f; chmod 600 f; chown 5:5 f; setfattr -n user.x -v y f; touch -d 2001-02-03T04:05:06Z f; mkfifo p; ln -s x l',
      );
      const { problems } = copyTree(from, to);
      expect(problems.map(({ path, effect }) => `${path} ${effect}`)).toContain('f incomplete');
      expect(sh(to, 'cat f')).toBe('content\n');
      removeFolder(from);
    });

    applies(type === 'btrfs')('goes into subvolumes, whose files have numbers of their own', () => {
      const from = makeFolder(mounted.folder);
      sh(from, 'echo x > f; btrfs subvolume create s >&2; echo y > s/g; ln s/g s/h; mkdir s/t');
      const { tree } = copyTree(from, makeFolder(mounted.folder));
      expect(tree.order).toEqual(['', 'f', 's', 's/g', 's/h', 's/t']);
      const ids = tree.order.map((path) => tree.files.get(path)?.entry.fileId);
      expect(ids).not.toContain(undefined);
      expect(ids.map((id) => (id ?? 0n) >> 48n)).toEqual([0n, 0n, 1n, 1n, 1n, 1n]); // the same inode number means another file there
      expect(new Set(ids).size).toBe(5);
      expect(tree.files.get('s/g')?.entry.fileId).toBe(tree.files.get('s/h')?.entry.fileId);
    });

    it('a folder of another volume in it is a note and an empty folder', () => {
      const from = makeFolder(mounted.folder);
      mkdirSync(join(from, 'other'));
      sh(
        from,
        'echo x > before; mkdir -p other z; echo x > other/hidden; mount -t tmpfs none other; echo x > other/inside; echo y > z/after',
      );
      try {
        const { tree } = copyTree(from, makeFolder(mounted.folder));
        expect(tree.order).toEqual(['', 'before', 'other', 'z', 'z/after']);
        expect(tree.problems.map(({ effect, error }) => [effect, error.code])).toEqual([['note', 'SOURCE_OTHER_VOLUME']]);
        expect(driver.locate(join(from, 'other'))).toMatchObject({ volume: { root: join(from, 'other'), fileSystem: 'tmpfs' }, path: '' });
      } finally {
        sh(from, 'umount other');
      }
    });
  });
}
