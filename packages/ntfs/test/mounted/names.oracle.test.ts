import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FileAttribute as A, textToBytes, type FileEntry } from '@winback/core';
import { readTree, recoverTree, testFile, testItem } from '@winback/core/testing';
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
  reparsePoint,
  setfattr,
  sh,
  STREAMS_INTERFACES,
  told,
} from './mounted.js';

const shortNameOf = (path: string): string | undefined => {
  const value = getfattr(path, 'system.ntfs_dos_name');
  return value && Buffer.from(value).toString();
};

onBoth('short names', (mounted) => {
  it('are read and recovered, of files and folders, and lead to the file', () => {
    for (const item of [
      testFile('A long file name.text', 'x', { shortName: 'ALONGF~1.TEX' }),
      testItem('A long folder name', { shortName: 'ALONGF~1' }),
    ]) {
      const folder = makeFolder(mounted.folder);
      expect(told(recoverTree(driver, folder, [item]))).toEqual([]);
      mounted.remount();
      const path = join(folder, item.entry.path);
      expect(shortNameOf(path)).toBe(item.entry.shortName);
      expect(sh(folder, `stat -c %i ${item.entry.shortName}`)).toBe(sh(folder, `stat -c %i '${item.entry.path}'`));
      const { entry } = readOne(folder, item.entry.path);
      expect(entry).toMatchObject({ shortName: item.entry.shortName, linkCount: item.entry.kind === 'file' ? 1 : entry.linkCount });
      expect(entry.times.lastWrite).toBe(item.entry.times.lastWrite);
      mounted.detach();
      const info = execFileSync('ntfsinfo', ['-v', '-F', path.slice(mounted.folder.length), mounted.image], { encoding: 'latin1' });
      expect(info).toMatch(/Namespace:\t\t Win32\n/);
      expect(info).toMatch(/Namespace:\t\t DOS\n/);
      mounted.remount();
    }
  });

  it('come with overwriting too, and overwriting leaves no name behind', () => {
    const folder = makeFolder(mounted.folder);
    const one = (content: string, facts: Partial<FileEntry>): void => {
      expect(told(recoverTree(driver, folder, [testFile('Some long name', content, { attributes: A.HIDDEN, ...facts })]))).toEqual([]);
      mounted.remount();
      const { entry } = readOne(folder, 'Some long name');
      expect(entry).toMatchObject({ shortName: facts.shortName, attributes: A.HIDDEN, linkCount: 1, size: content.length });
      expect(readdirSync(folder)).toEqual(['Some long name']);
    };
    one('1', {});
    one('22', { shortName: 'SOMELO~1' });
    one('333', { shortName: 'SOMELO~2' });
    one('4444', {});
    one('55555', { shortName: 'SOMELO~1' });
  });

  it('that are taken, or none that Windows would give, are named', () => {
    const folder = makeFolder(mounted.folder);
    const long = 'A quite long name';
    recoverTree(driver, folder, [testFile('TAKEN', 'mine', {}), testFile('other', 'mine', { shortName: 'OTHER~1' })]);
    const wrong = ['TAKEN', 'OTHER~1', '', '.', '..', '../x', 'A/B', 'A\0B', 'A B', 'TOOLONGNAME', 'A.LONG', 'A.B.C', 'X'.repeat(300), 'A:B', 'A*', '"']; // prettier-ignore
    for (const shortName of wrong) {
      const problems = told(recoverTree(driver, folder, [testFile(long, 'x', { shortName })]));
      expect(
        problems.map((text) => text.replace(/(?<=short name ).*?(?= (is|could))/s, '…')),
        shortName,
      ).toEqual([expect.stringMatching(/^incomplete: A quite long name: its short name … (is none|could not be set)/)]);
      expect(shortNameOf(join(folder, long)), shortName).toBeUndefined();
    }
    expect(readdirSync(folder).sort()).toEqual([long, 'TAKEN', 'other']);
    expect(sh(folder, 'cat TAKEN other')).toBe('minemine');
  });

  it('of files with several hard links are kept when ntfs-3g can, and named when it cannot', () => {
    const folder = makeFolder(mounted.folder);
    const first = testFile('First long name', 'x', { shortName: 'FIRSTL~1' });
    const second = { entry: { ...first.entry, path: 'Second long name', linkTo: 'First long name' }, streams: [] };
    expect(told(recoverTree(driver, folder, [first, second]))).toEqual([]);
    mounted.remount();
    expect(sh(folder, 'cat "Second long name" FIRSTL~1')).toBe('xx');
    const tree = readTree(driver, folder);
    expect(tree.problems.map(({ effect, error }) => [effect, /short name.*several hard links/.test(error.message)])).toEqual([['note', true], ['note', true]]); // prettier-ignore
    // Overwritten where the second name still holds the old file.
    expect(told(recoverTree(driver, folder, [first]))).toEqual([]);
    expect(sh(folder, 'stat -c %h "First long name" "Second long name"')).toBe('2\n1\n');
  });
});

const NAMES = [
  'x'.repeat(255),
  '\u{20ac}'.repeat(255),
  '\u{1f600}'.repeat(127) + 'x',
  'ünïcödé',
  'dir ending in dot.',
  'space at the end ',
  'CON',
  'a\\b',
  'a*?"<>|b',
  '\x01\x1f',
  'back\nline',
  '\ud800 alone',
  'alone \udc00',
  '-rf',
];
onVolume('names', 'streams_interface=xattr', (mounted) => {
  it('of all sorts that NTFS holds are kept', () => {
    const [from, to] = [makeFolder(mounted.folder), makeFolder(mounted.folder)];
    const items = [...NAMES, 'a:b', ':stream', 'Case', 'case', 'CASE'].flatMap((name) => [
      testItem(`${name.slice(0, 200)}.d`),
      testFile(name, name),
    ]);
    expect(told(recoverTree(driver, from, items))).toEqual([]);
    mounted.remount();
    const { tree, problems } = copyTree(from, to);
    expect(problems).toEqual([]);
    expect(new Set(tree.order)).toEqual(new Set(['', ...items.map(({ entry }) => entry.path)]));
    mounted.remount();
    const list = `find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum`;
    expect(sh(to, list)).toBe(sh(from, list));
    expect(hex(textToBytes('\ud800'))).toBe('eda080');
  });

  it('that NTFS cannot hold are problems of their files alone', () => {
    const folder = makeFolder(mounted.folder);
    for (const name of ['x'.repeat(256), '\u{1f600}'.repeat(128), '\udcff no text']) {
      expect(() => recoverTree(driver, folder, [testFile(name, 'x')]), name).toThrow(expect.objectContaining({ code: 'RECOVERY_IO' }));
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});

onVolume('names with colons', 'streams_interface=windows', (mounted) => {
  it('are refused where they would be alternate streams', () => {
    const folder = makeFolder(mounted.folder);
    recoverTree(driver, folder, [testFile('f', 'untouched')]);
    for (const path of ['f:s', ':s', 'd:e/f', 'f::$DATA'])
      expect(() => recoverTree(driver, folder, [testFile(path, 'evil')]), path).toThrow(expect.objectContaining({ code: 'RECOVERY_IO' }));
    expect(sh(folder, 'cat f; ls')).toBe('untouchedf\n');
    expect(getfattr(join(folder, 'f'), 'ntfs.streams.list')).toHaveLength(0);
  });

  it('are not listed by such a mount, and not read as something else when they are named', () => {
    const folder = makeFolder(mounted.folder);
    mounted.remount('streams_interface=xattr');
    sh(folder, 'echo main > f; setfattr -n user.s -v stream f; echo file > f:s; echo after > g');
    mounted.remount();
    expect(readTree(driver, folder).order).toEqual(['', 'f', 'g']);
    const located = driver.locate(folder)!;
    using volume = driver.open(located.volume, located.volume.root);
    expect(() => volume.node(`${located.path}/f:s`).open()).toThrow(
      expect.objectContaining({ code: 'SOURCE_UNREADABLE', hint: expect.stringMatching(/streams_interface=xattr/) as string }),
    );
  });
});

for (const streams of STREAMS_INTERFACES)
  onVolume('a whole tree', `streams_interface=${streams},noatime,special_files=wsl`, (mounted) => {
    /** Every fact that getfattr tells, and content; not the change time. */
    const seen = (folder: string): string =>
      sh(
        folder,
        `find . -print0 | LC_ALL=C sort -z | while IFS= read -r -d '' f; do
        echo "$f $(stat -c '%F %s %h' "$f")"
        for n in attrib acl dos_name reparse_data ea; do getfattr -h -e hex -n system.ntfs_$n "$f" 2>/dev/null | grep = || true; done
        getfattr -h -e hex -n system.ntfs_times "$f" | grep -o '=0x.\\{48\\}' || true
        getfattr -h -d -e hex "$f" 2>/dev/null | grep = || true
        test -f "$f" && sha256sum < "$f" || true
      done`,
      );

    it('with every fact comes back as it was, and again on top of itself', () => {
      const [from, to] = [makeFolder(mounted.folder), makeFolder(mounted.folder)];
      sh(
        from,
        `mkdir -p d/e j 'A long folder'; echo x > d/f; echo y > 'A long file'; echo z > attributes; touch ea r; ln d/f hard; ln -s d/f link`,
      );
      const set = (path: string, name: string, value: Uint8Array): void => {
        setfattr(join(from, path), `system.ntfs_${name}`, value);
      };
      set('A long folder', 'dos_name', Buffer.from('ALONGF~1'));
      set('A long file', 'dos_name', Buffer.from('ALONGF~2'));
      set('attributes', 'attrib', Uint8Array.of(3, 0x20, 0, 0));
      set('d/e', 'attrib', Uint8Array.of(2, 8, 0, 0));
      set('ea', 'ea', Buffer.from('10000000000304004142430001020304', 'hex'));
      set(
        'd',
        'times',
        new Uint8Array(randomBytes(24)).map((byte, i) => (i % 8 === 7 ? 1 : byte)),
      );
      set(
        'd/f',
        'times',
        new Uint8Array(randomBytes(24)).map((byte, i) => (i % 8 === 7 ? 1 : byte)),
      );
      set('j', 'reparse_data', mountPoint('C:\\Users'));
      set('r', 'reparse_data', reparsePoint(0xa000_1234, 'name surrogate'));
      mounted.remount();
      const before = seen(from);
      const tree = readTree(driver, from);
      const hard = tree.files.get('hard')!;
      const files = [...tree.files.values()].map((file) =>
        file === hard ? { entry: { ...hard.entry, linkTo: 'd/f' }, streams: [] } : file,
      );
      files.push(
        ...files.splice(
          files.findIndex(({ entry }) => entry.path === 'hard'),
          1,
        ),
      ); // behind what it is a link to
      for (const round of ['new', 'on top']) {
        // A junction that stands there already is in the way of the folder that it was.
        const wanted = round === 'new' ? files : files.filter(({ entry }) => entry.path !== 'j');
        expect(told(recoverTree(driver, to, wanted)), round).toEqual([]);
        mounted.remount();
        const after = seen(to).replace(/^(\. directory.*)$/m, '$1');
        expect(after.split('\n').slice(1), round).toEqual(before.split('\n').slice(1));
      }
      expect(before.split('\n').length).toBeGreaterThan(60);
    });
  });
