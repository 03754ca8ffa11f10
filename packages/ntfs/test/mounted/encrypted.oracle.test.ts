import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FileAttribute as A, type FileEntry } from '@winback/core';
import {
  contentOf,
  fileAt,
  readStreams,
  readTree,
  recoverTree,
  testFile,
  testItem,
  type MountedImage,
  type TestFile,
} from '@winback/core/testing';
import { copyTree, driver, getfattr, hex, makeFolder, onVolume, sh, STREAMS_INTERFACES, told } from './mounted.js';

const efsMetadata = (size: number): Uint8Array => {
  const bytes = new Uint8Array(randomBytes(size));
  new DataView(bytes.buffer).setUint32(0, size, true);
  return bytes;
};
/** Ciphertext as it travels: whole sectors, and the number of bytes that fill the last one. */
function ciphertext(size: number): Buffer {
  const fill = (512 - (size % 512)) % 512;
  return size === 0 ? Buffer.alloc(0) : Buffer.concat([randomBytes(size + fill), Uint8Array.of(fill & 0xff, fill >> 8)]);
}
const encrypted = (path: string, size: number, facts: Partial<FileEntry> = {}): TestFile =>
  testFile(path, ciphertext(size), { attributes: A.ARCHIVE | A.ENCRYPTED, efsMetadata: efsMetadata(600), ...facts });

const SIZES = [0, 1, 511, 512, 513, 5000, 65_536, 1_000_001];

for (const streams of STREAMS_INTERFACES) {
  onVolume('encrypted files', `efs_raw,streams_interface=${streams}`, (mounted: MountedImage) => {
    it('are recovered as ciphertext, with the size that the plain text has, and read as they were', () => {
      const folder = makeFolder(mounted.folder);
      const files = SIZES.map((size) => encrypted(`f${size}`, size));
      expect(told(recoverTree(driver, folder, files))).toEqual([]);
      mounted.remount();
      const tree = readTree(driver, folder);
      expect(told(tree.problems)).toEqual([]);
      for (const file of files) {
        const found = fileAt(tree, file.entry.path);
        expect(found.entry.attributes, file.entry.path).toBe(A.ARCHIVE | A.ENCRYPTED);
        expect(hex(found.entry.efsMetadata), file.entry.path).toBe(hex(file.entry.efsMetadata));
        expect(Buffer.compare(contentOf(found.streams), contentOf(file.streams)), file.entry.path).toBe(0);
        expect(found.entry.times.lastWrite, file.entry.path).toBe(file.entry.times.lastWrite);
        expect(hex(getfattr(join(folder, file.entry.path), 'user.ntfs.efsinfo'))).toBe(hex(file.entry.efsMetadata));
      }
      mounted.remount(`streams_interface=${streams}`); // where the size is that of the plain text
      for (const size of SIZES) expect(sh(folder, `stat -c %s f${size}`)).toBe(`${size}\n`);
      mounted.detach();
      const info = execFileSync('ntfsinfo', ['-v', '-F', join(folder, 'f5000').slice(mounted.folder.length), mounted.image], {
        encoding: 'latin1',
      });
      expect(info).toMatch(/\$LOGGED_UTILITY_STREAM[^]*Attribute name:\t\t '\$EFS'/);
      expect(info).toMatch(/\$DATA \(0x80\)[^]*Attribute flags:\t 0x4000/);
      mounted.remount();
    });

    it('are read whole where their ciphertext ends with a page, of an image that is mounted without a device', () => {
      const home = mkdtempSync(join(tmpdir(), 'winback-efs-page-'));
      const [image, folder] = [join(home, 'image'), join(home, 'mounted')];
      sh(home, `truncate -s 40M image; mkntfs -q -F -f image >/dev/null 2>&1; mkdir mounted`);
      const mount = (): string => sh(home, `ntfs-3g -o efs_raw,streams_interface=${streams} '${image}' mounted`);
      mount();
      try {
        const files = [...SIZES, 4096, 4095, 65_436, 1 << 20, (1 << 20) - 100].map((size) => encrypted(`f${size}`, size));
        expect(told(recoverTree(driver, folder, files))).toEqual([]);
        sh(home, 'umount mounted');
        mount();
        // So it is by itself.
        expect(sh(folder, 'tail -c 2 f65436 2>/dev/null | wc -c')).not.toBe('2\n');
        const tree = readTree(driver, folder);
        expect(told(tree.problems)).toEqual([]);
        for (const { entry, streams: written } of files)
          expect(Buffer.compare(contentOf(fileAt(tree, entry.path).streams), contentOf(written)), entry.path).toBe(0);
      } finally {
        sh(home, 'umount mounted');
        rmSync(home, { recursive: true });
      }
    });

    it('go byte for byte to a second folder, and over what was there', () => {
      const [from, to] = [makeFolder(mounted.folder), makeFolder(mounted.folder)];
      recoverTree(
        driver,
        from,
        SIZES.map((size) => encrypted(`f${size}`, size)),
      );
      recoverTree(driver, to, [testFile('f513', 'a plain one'), encrypted('f512', 10)]);
      mounted.remount();
      expect(copyTree(from, to).problems).toEqual([]);
      mounted.remount();
      sh(from, 'rm f65536');
      sh(to, 'rm f65536');
      const list = 'sha256sum *; getfattr -e hex -n system.ntfs_efsinfo *';
      expect(sh(to, list)).toBe(sh(from, list));
    });

    it('whose end ntfs-3g does not give are read as they are, or the fault is told', () => {
      // Where the ciphertext ends together with what the system reads at once, ntfs-3g answers EIO for the two bytes behind it.
      const folder = makeFolder(mounted.folder);
      const file = encrypted('f', 65_536);
      recoverTree(driver, folder, [file]);
      mounted.remount();
      const located = driver.locate(folder)!;
      using volume = driver.open(located.volume, located.volume.root);
      const { streams } = volume.node(`${located.path}/f`).open();
      const read = contentOf(readStreams(streams, 1 << 20));
      streams.close();
      expect(Buffer.compare(read, contentOf(file.streams)) === 0 || streams.faults.length > 0).toBe(true);
    });

    it('folders whose new files are to be encrypted keep that, and the keys for it', () => {
      const folder = makeFolder(mounted.folder);
      const keys = efsMetadata(700);
      expect(told(recoverTree(driver, folder, [testItem('d', { attributes: A.DIRECTORY | A.ENCRYPTED, efsMetadata: keys })]))).toEqual([]);
      mounted.remount();
      const { entry } = fileAt(readTree(driver, folder), 'd');
      expect(entry.attributes).toBe(A.DIRECTORY | A.ENCRYPTED);
      expect(hex(entry.efsMetadata)).toBe(hex(keys));
    });

    it('whose keys make no sense are named', () => {
      const folder = makeFolder(mounted.folder);
      for (const wrong of [new Uint8Array(), efsMetadata(600).fill(1, 0, 4), new Uint8Array(100)]) {
        const problems = told(recoverTree(driver, folder, [encrypted('f', 600, { efsMetadata: wrong })]));
        expect(problems[0]).toMatch(/^incomplete: f: is encrypted \(EFS\)/);
        expect(problems[0]).not.toContain('efs_raw');
      }
    });

    it('cannot be read or recovered without efs_raw, which is said with what to do', () => {
      const folder = makeFolder(mounted.folder);
      recoverTree(driver, folder, [
        encrypted('f', 600),
        testItem('d', { attributes: A.DIRECTORY | A.ENCRYPTED, efsMetadata: efsMetadata(600) }),
      ]);
      mounted.remount(`streams_interface=${streams}`);
      const located = driver.locate(folder)!;
      using volume = driver.open(located.volume, located.volume.root);
      expect(() => volume.node(`${located.path}/f`).open()).toThrow(
        expect.objectContaining({
          code: 'SOURCE_UNREADABLE',
          message: expect.stringMatching(/is encrypted \(EFS\)/) as string,
          hint: expect.stringMatching(/-o efs_raw/) as string,
        }),
      );
      expect(told(volume.node(`${located.path}/d`).open().problems)).toEqual([
        expect.stringMatching(/^incomplete: .*is encrypted.*keys.* — Mount .*efs_raw/),
      ]);
      volume[Symbol.dispose]();
      const to = makeFolder(mounted.folder);
      const problems = told(recoverTree(driver, to, [encrypted('f', 600)]));
      expect(problems[0]).toMatch(
        /^incomplete: f: is encrypted \(EFS\); what was recovered is its ciphertext without its keys — Mount .*efs_raw/,
      );
      mounted.remount();
      expect(sh(to, 'getfattr -d -m . -e hex f || true')).toBe('');
    });
  });
}
