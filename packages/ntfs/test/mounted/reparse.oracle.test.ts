import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeSpecialFile, FileAttribute as A, RecoveryError, type FileEntry } from '@winback/core';
import { contentOf, readTree, recoverTree, testFile, testItem, testLink } from '@winback/core/testing';
import {
  copyTree,
  driver,
  getfattr,
  hex,
  makeFolder,
  mountPoint,
  onBoth,
  onVolume,
  readOne,
  recoverOne,
  reparsePoint,
  setfattr,
  sh,
  symbolicLink,
  told,
} from './mounted.js';

const GUID = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i);
/** Files that are more than a link: their content is not behind the mount, but their reparse data is. */
const TAGS: Readonly<Record<string, Uint8Array>> = {
  SIS: reparsePoint(0x8000_0007, 'a record of the single-instance store'),
  DEDUP: reparsePoint(0x8000_0013, 'chunk store'),
  WOF: reparsePoint(0x8000_0017, Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)),
  'somebody else’s, with a GUID': reparsePoint(0x0000_1234, 'private', GUID),
  'one without data': reparsePoint(0x8000_001e),
  'one of 16,384 bytes': reparsePoint(0x8000_0018, new Uint8Array(16_376).fill(0xab)),
};

const setReparse = (path: string, value: Uint8Array): void => {
  setfattr(path, 'system.ntfs_reparse_data', value);
};

onBoth('reparse points', (mounted) => {
  const data = (path: string): string | undefined => hex(getfattr(path, 'system.ntfs_reparse_data'));

  for (const [what, value] of Object.entries(TAGS)) {
    it(`${what}: data is read to the byte, content that cannot be read is named, and both are recovered`, () => {
      const from = makeFolder(mounted.folder);
      writeFileSync(join(from, 'f'), 'content behind it');
      setReparse(join(from, 'f'), value);
      mounted.remount();
      const read = readOne(from);
      expect(read.entry).toMatchObject({ kind: 'reparse-point', attributes: A.ARCHIVE | A.REPARSE_POINT });
      expect(hex(read.entry.reparseData)).toBe(hex(value));
      expect(read.problems).toEqual([expect.stringMatching(/^incomplete: .*content lies behind the reparse point 0x/)]);

      const recovered = recoverOne(mounted, { kind: 'reparse-point', attributes: A.REPARSE_POINT | A.HIDDEN, reparseData: value });
      expect(recovered.problems).toEqual([]);
      mounted.remount();
      expect(data(recovered.path)).toBe(hex(value));
      expect(readOne(recovered.folder).entry).toMatchObject({ kind: 'reparse-point', attributes: A.REPARSE_POINT | A.HIDDEN });
    });

    it(`${what}: a file keeps its content behind it`, () => {
      const folder = makeFolder(mounted.folder);
      const file = testFile('f', 'behind', { kind: 'reparse-point', attributes: A.REPARSE_POINT, reparseData: value });
      expect(told(recoverTree(driver, folder, [file]))).toEqual([]);
      mounted.detach();
      const path = join(folder, 'f').slice(mounted.folder.length);
      expect(execFileSync('ntfscat', [mounted.image, path], { encoding: 'latin1' })).toBe('behind');
      mounted.remount();
    });
  }

  it('that are no reparse data, or too much of it, are named, and the file stays one that can be used', () => {
    const wrong: Readonly<Record<string, Uint8Array>> = {
      'too large': reparsePoint(0x8000_0007, new Uint8Array(16_377)),
      'shorter than it says': reparsePoint(0x8000_0007, 'abcdef').subarray(0, 10),
      'longer than it says': new Uint8Array([...reparsePoint(0x8000_0007, 'abcdef'), 0]),
      'without a GUID': reparsePoint(0x0000_1234, 'abcdef'),
      'a mount point of a file': mountPoint('C:\\elsewhere'),
    };
    for (const [what, reparseData] of Object.entries(wrong)) {
      const { path, problems } = recoverOne(mounted, { attributes: A.ARCHIVE, reparseData, securityDescriptor: undefined });
      expect([what, problems.at(-1)]).toEqual([what, expect.stringMatching(/^incomplete: f: its reparse point/)]);
      expect(data(path), what).toBeUndefined();
      expect(sh(mounted.folder, `cat '${path}'`), what).toBe('content');
    }
  });

  const FOLDERS: Readonly<Record<string, Uint8Array>> = {
    'a mount point': mountPoint('C:\\Users\\All Users'),
    'a mount point of a volume': mountPoint('Volume{12345678-1234-1234-1234-123456789abc}\\'),
    'a cloud folder': reparsePoint(0x9000_601a, 'placeholder'),
    WCI: reparsePoint(0x8000_0018, 'layer'),
  };
  for (const [what, value] of Object.entries(FOLDERS)) {
    it(`${what} is read and recovered as the folder that it is`, () => {
      const from = makeFolder(mounted.folder);
      mkdirSync(join(from, 'f'));
      setReparse(join(from, 'f'), value);
      mounted.remount();
      const { entry } = readOne(from);
      expect(entry).toMatchObject({ kind: 'directory', attributes: A.DIRECTORY | A.REPARSE_POINT | A.ARCHIVE });
      const to = makeFolder(mounted.folder);
      expect(told(recoverTree(driver, to, [testItem('f', entry)]))).toEqual([]);
      mounted.remount();
      expect(data(join(to, 'f'))).toBe(hex(value));
      expect(readOne(to).entry).toMatchObject({ kind: 'directory', attributes: entry.attributes });
    });
  }

  it('a folder whose files are hidden behind one is a problem, not silence', () => {
    const from = makeFolder(mounted.folder);
    mkdirSync(join(from, 'f'));
    writeFileSync(join(from, 'f/inside'), 'x');
    setReparse(join(from, 'f'), FOLDERS['a cloud folder']!);
    mounted.remount();
    expect(readOne(from).problems).toEqual([expect.stringMatching(/^incomplete: .*its files lie behind the reparse point 0x9000601a/)]);
  });

  it('junctions are neither followed nor entered, wherever they lead', () => {
    const from = makeFolder(mounted.folder);
    sh(from, 'mkdir target up down loop; echo secret > target/secret');
    setReparse(join(from, 'up'), mountPoint('C:\\'));
    setReparse(join(from, 'down'), mountPoint(`C:\\${from.slice(mounted.folder.length + 1)}\\target`));
    setReparse(join(from, 'loop'), mountPoint(`C:\\${from.slice(mounted.folder.length + 1)}\\loop`));
    mounted.remount();
    expect(readTree(driver, from).order).toEqual(['', 'down', 'loop', 'target', 'target/secret', 'up']);
    // Nor is one written through.
    for (const path of ['down/secret', 'down/new', 'loop/new']) {
      expect(() => recoverTree(driver, from, [testFile(path, 'evil')])).toThrow(RecoveryError);
    }
    expect(sh(from, 'cat target/secret; ls target')).toBe('secret\nsecret\n');
  });

  it('a mount point does not hide files that are recovered into its folder', () => {
    const folder = makeFolder(mounted.folder);
    const junction = testItem('d', { attributes: A.DIRECTORY | A.REPARSE_POINT, reparseData: mountPoint('C:\\x') });
    const problems = told(recoverTree(driver, folder, [junction, testFile('d/f', 'inside')]));
    expect(problems).toEqual([expect.stringMatching(/^incomplete: d: its reparse point could not be set.*hide the files/)]);
    expect(sh(folder, 'cat d/f')).toBe('inside');
  });

  it('a mount point does not hide files that were there before', () => {
    const folder = makeFolder(mounted.folder);
    sh(folder, 'mkdir d; echo mine > d/mine');
    const junction = testItem('d', { attributes: A.DIRECTORY | A.REPARSE_POINT, reparseData: mountPoint('C:\\x') });
    expect(told(recoverTree(driver, folder, [junction]))).toEqual([expect.stringMatching(/^incomplete: d: its reparse point/)]);
    expect(sh(folder, 'cat d/mine')).toBe('mine\n');
  });

  it('nothing is recovered through one that was recovered before', () => {
    const folder = makeFolder(mounted.folder);
    const victim = makeFolder(mounted.folder);
    const target = `C:\\${victim.slice(mounted.folder.length + 1)}`;
    const junction = testItem('d', { attributes: A.DIRECTORY | A.REPARSE_POINT, reparseData: mountPoint(target) });
    using recovery = driver.openRecovery(folder, { overwrite: 'overwrite' });
    const put = (path: string): void => {
      const file = recovery.create(testFile(path, '').entry);
      file?.commit();
    };
    const made = recovery.create(junction.entry)!;
    for (const { header, data: bytes } of junction.streams) {
      made.begin(header);
      made.write(bytes);
    }
    made.commit();
    put('elsewhere'); // leaves the junction, which gets its facts
    expect(() => {
      put('d/evil');
    }).toThrow(RecoveryError);
    recovery.finish();
    expect(readdirSync(victim)).toEqual([]);
  });

  describe('symbolic links', () => {
    const LINKS: Readonly<Record<string, Partial<FileEntry>>> = {
      'of WSL': testLink('../some/where'),
      'of WSL, of 4,000 bytes': testLink('x/'.repeat(2000)),
      'of WSL, to a name that is no text': testLink('\udcff\udc80'),
      'of Windows, relative': { reparseData: symbolicLink('some\\where') },
      'of Windows, absolute': { reparseData: symbolicLink('\\??\\C:\\some\\where', false) },
      'of Windows, to a folder': { reparseData: symbolicLink('some\\where'), attributes: A.DIRECTORY | A.REPARSE_POINT },
    };
    for (const [what, facts] of Object.entries(LINKS)) {
      it(`${what} are kept to the byte`, () => {
        const entry = { kind: 'symbolic-link' as const, attributes: A.REPARSE_POINT, ...facts };
        const { folder, path, problems } = recoverOne(mounted, entry);
        expect(problems).toEqual([]);
        mounted.remount();
        expect(data(path)).toBe(hex(facts.reparseData));
        const read = readOne(folder);
        expect(read.problems).toEqual([]);
        expect(read.entry).toMatchObject({ kind: 'symbolic-link', attributes: entry.attributes });
        expect(hex(read.entry.reparseData)).toBe(hex(facts.reparseData));
        // Again on top of themselves.
        expect(told(recoverTree(driver, folder, [testItem('f', read.entry)]))).toEqual([]);
        mounted.remount();
        expect(data(path)).toBe(hex(facts.reparseData));
        expect(readdirSync(folder)).toEqual(['f']);
      });
    }

    it('whose data makes no sense are named, and the rest of their facts is read', () => {
      const from = makeFolder(mounted.folder);
      writeFileSync(join(from, 'f'), '');
      const broken = symbolicLink('somewhere');
      broken[13] = 0xff; // the name ends outside
      setReparse(join(from, 'f'), broken);
      mounted.remount();
      const located = driver.locate(join(from, 'f'))!;
      using volume = driver.open(located.volume, located.volume.root);
      const { entry, problems } = volume.node(located.path).open();
      expect(told(problems)[0]).toMatch(/^incomplete: .*its reparse point make no sense/);
      expect(entry).toMatchObject({ kind: 'reparse-point', attributes: A.ARCHIVE | A.REPARSE_POINT });
      expect(hex(entry.reparseData)).toBe(hex(broken));
    });
  });
});

for (const special of ['wsl', 'interix']) {
  onVolume('special files', `special_files=${special}`, (mounted) => {
    it('made by ntfs-3g are read as what they are, copied, and told by the system as they were', () => {
      const from = makeFolder(mounted.folder);
      sh(from, 'mkfifo p; mknod c c 5 300; mknod b b 7 9; ln -s ../some/where l; ln -s /absolute m');
      mounted.remount();
      const to = makeFolder(mounted.folder);
      const { tree, problems } = copyTree(from, to);
      expect(problems).toEqual([]);
      const kinds = [...tree.files.values()].slice(1).map(({ entry }) => [entry.path, entry.kind, entry.linkTarget]);
      const fifo = special === 'wsl' ? 'fifo' : 'file'; // an empty system file: Windows has such too
      expect(kinds).toEqual([
        ['b', 'block-device', undefined],
        ['c', 'character-device', undefined],
        ['l', 'symbolic-link', '../some/where'],
        ['m', 'symbolic-link', '/absolute'],
        ['p', fifo, undefined],
      ]);
      expect(tree.files.get('c')!.entry.posix?.device).toEqual({ major: 5, minor: 300 });
      expect(tree.files.get('c')!.entry.extendedAttributes).toBeUndefined();
      mounted.remount();
      const seen = `find . -printf '%P %y %l %Hr ' ; stat -c '%n %t %T' b c`;
      expect(sh(to, seen)).toBe(sh(from, seen));
    });

    it('recovered with POSIX facts are read as what they were', () => {
      const folder = makeFolder(mounted.folder);
      const posix = { userId: 1, groupId: 2 };
      const files = [
        testItem('b', { kind: 'block-device', attributes: A.REPARSE_POINT, reparseData: encodeSpecialFile('block-device'), posix: { ...posix, mode: 0o60600, device: { major: 7, minor: 300 } } }), // prettier-ignore
        testItem('p', { kind: 'fifo', attributes: A.REPARSE_POINT, reparseData: encodeSpecialFile('fifo'), posix: { ...posix, mode: 0o10644 } }), // prettier-ignore
        testItem('s', { kind: 'socket', attributes: A.REPARSE_POINT, reparseData: encodeSpecialFile('socket'), posix: { ...posix, mode: 0o140755 } }), // prettier-ignore
      ];
      expect(told(recoverTree(driver, folder, files))).toEqual([]);
      mounted.remount();
      const tree = readTree(driver, folder);
      expect(told(tree.problems)).toEqual([]);
      for (const { entry } of files) {
        const found = tree.files.get(entry.path)!.entry;
        expect(found).toMatchObject({ kind: entry.kind, attributes: entry.attributes, posix: entry.posix! });
        expect(hex(found.reparseData)).toBe(hex(entry.reparseData));
        expect(found.times.lastWrite).toBe(entry.times.lastWrite);
      }
    });

    it('system files of no byte and of one stay files', () => {
      const folder = makeFolder(mounted.folder);
      const facts = { attributes: A.SYSTEM | A.HIDDEN, shortName: 'SHORT~1' };
      const files = [testFile('IO.SYS', '', facts), testFile('hard', '', { attributes: A.SYSTEM })];
      expect(told(recoverTree(driver, folder, files))).toEqual([]);
      const link = { entry: { ...testFile('hard2', '', { attributes: A.SYSTEM }).entry, linkTo: 'hard' }, streams: [] };
      expect(told(recoverTree(driver, folder, [link]))).toEqual([]);
      mounted.remount();
      const { entry, problems, streams } = readOne(folder, 'IO.SYS');
      expect(problems).toEqual([]);
      expect(entry).toMatchObject({ kind: 'file', size: 0, ...facts, linkCount: 1 });
      expect(contentOf(streams)).toHaveLength(0);
      expect(readOne(folder, 'hard2').entry).toMatchObject({ kind: 'file', attributes: A.SYSTEM, linkCount: 2 });

      const to = makeFolder(mounted.folder);
      expect(told(recoverTree(driver, to, [testFile('f', 'x', { attributes: A.SYSTEM })]))).toEqual([]);
      mounted.remount();
      const one = readOne(to);
      expect(one.entry).toMatchObject({ kind: 'file', size: 1, attributes: A.SYSTEM });
      expect(one.problems).toEqual([expect.stringMatching(/^incomplete: .*its one byte cannot be read/)]);
    });
  });
}
