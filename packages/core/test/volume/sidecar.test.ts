import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeExtendedAttributes, encodeExtendedAttributes, FileAttribute as A, type FileEntry } from '../../src/facts/index.js';
import { StreamId } from '../../src/streams/index.js';
import {
  contentOf,
  fileAt,
  IMAGE_KINDS,
  mountImage,
  readTree,
  recoverTree,
  TEST_TIME,
  testFile,
  testItem,
  testLink,
  type ImageKind,
  type TestFile,
} from '../../src/testing/index.js';
import type { FileProblem } from '../../src/volume/index.js';
import { driver, isRoot, sh } from './linux.js';

const KINDS: readonly (readonly [title: string, kind: ImageKind, room: number])[] = [
  ['ext4 with ea_inode', IMAGE_KINDS.ext4, 65_536],
  ['ext4', { ...IMAGE_KINDS.ext4, mkfs: ['mkfs.ext4', '-q', '-I', '256', '-O', '^ea_inode'] }, 3_000],
  ['btrfs', IMAGE_KINDS.btrfs, 16_000],
  ['xfs', IMAGE_KINDS.xfs, 65_536],
  ['tmpfs', { type: 'tmpfs', mkfs: ['true'], size: '0', options: 'size=64m' }, 65_536],
];

const hex = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('hex');
const descriptor = new Uint8Array(
  Buffer.from('01000480140000002400000000000000340000000102000000000005200000002002000001020000000000052000000020020000' + '02001c000100000000001400ff011f00010100000000000100000000', 'hex'), // prettier-ignore
);
const reparsePoint = (tag: number, data: Uint8Array): Uint8Array => {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, tag, true);
  new DataView(head.buffer).setUint16(4, data.length, true);
  return new Uint8Array(Buffer.concat([head, data]));
};
const mountPoint = reparsePoint(0xa000_0003, Buffer.concat([Buffer.from([0, 0, 6, 0, 8, 0, 2, 0]), Buffer.from('C:\\\0C\0', 'utf16le')]));
const linkTo = (target: string): Uint8Array => {
  const name = Buffer.from(target, 'utf16le');
  return reparsePoint(0xa000_000c, Buffer.concat([Buffer.from(new Uint16Array([0, name.length, 0, name.length, 1, 0]).buffer), name]));
};

/** What a file of NTFS can have. */
const WINDOWS: Partial<FileEntry> = {
  attributes: A.HIDDEN | A.SYSTEM | A.NOT_CONTENT_INDEXED,
  securityDescriptor: descriptor,
  shortName: 'SHORT~1.TXT',
  objectId: new Uint8Array(randomBytes(64)),
  extendedAttributes: [
    { name: 'FIRST', flags: 0x80, value: Uint8Array.of(1) },
    { name: 'SECOND', flags: 0, value: Uint8Array.of(1, 2, 3) },
  ],
  times: { lastWrite: TEST_TIME, lastAccess: TEST_TIME + 100n, creation: TEST_TIME - 1_000_000_000n },
};
const streams = (file: TestFile, all: Readonly<Record<string, Uint8Array>>): TestFile => ({
  entry: file.entry,
  streams: [
    ...file.streams,
    ...Object.entries(all).map(([name, data]) => ({
      header: { id: StreamId.ALTERNATE_DATA, attributes: 0, length: data.length, name: `:${name}:$DATA` },
      data,
    })),
  ],
});
const folder = A.DIRECTORY | A.HIDDEN;
const ZONE = { 'Zone.Identifier': Buffer.from('[ZoneTransfer]\r\nZoneId=3\r\n'), empty: new Uint8Array() };
const WINDOWS_FILES: readonly TestFile[] = [
  streams(testItem('d', { ...WINDOWS, attributes: folder }), ZONE),
  streams(testFile('f', 'content', WINDOWS), ZONE),
  testFile('plain', 'content', { attributes: A.NORMAL, times: WINDOWS.times! }),
  testFile('sis', 'behind', { kind: 'reparse-point', attributes: A.REPARSE_POINT | A.SPARSE_FILE, reparseData: reparsePoint(0x8000_0007, randomBytes(100)) }), // prettier-ignore
  testItem('junction', { attributes: A.DIRECTORY | A.REPARSE_POINT, reparseData: mountPoint }),
  testItem('link', { kind: 'symbolic-link', attributes: A.REPARSE_POINT, reparseData: linkTo('d\\f'), linkTarget: 'd\\f', securityDescriptor: descriptor }), // prettier-ignore
  testItem('folder link', { kind: 'symbolic-link', attributes: A.REPARSE_POINT | A.DIRECTORY, reparseData: linkTo('d'), linkTarget: 'd' }),
];

/** What NTFS kept of a file; size and blocks are the file system's own. */
function windowsFacts({ entry, streams: all }: TestFile): unknown {
  const { path, kind, attributes, shortName, linkTarget, times, extendedAttributes } = entry;
  return {
    path,
    kind,
    attributes: attributes & ~A.SPARSE_FILE,
    shortName,
    linkTarget,
    creation: times.creation,
    lastWrite: times.lastWrite,
    descriptor: hex(entry.securityDescriptor),
    objectId: hex(entry.objectId),
    reparse: hex(entry.reparseData),
    ea: extendedAttributes?.map((ea) => [ea.name, ea.flags, hex(ea.value)]),
    efs: hex(entry.efsMetadata),
    content: hex(contentOf(all)),
    streams: all.filter(({ header }) => header.id === StreamId.ALTERNATE_DATA).map(({ header, data }) => [header.name, hex(data)]),
  };
}
const told = (problems: readonly FileProblem[]): string[] =>
  problems.map(({ effect, error }) => `${effect}: ${error.message}${error.hint === undefined ? '' : ` — ${error.hint}`}`);

for (const [title, kind, room] of KINDS) {
  const mounted = mountImage(kind);
  if ('reason' in mounted) {
    it.skip(`facts of Windows on ${title} (${mounted.reason})`, () => undefined);
    continue;
  }
  afterAll(mounted.unmount);
  const makeFolder = (): string => mkdtempSync(join(mounted.folder, 'case-'));

  describe(`facts of Windows on ${title}`, () => {
    it('come back, every one', () => {
      const to = makeFolder();
      expect(told(recoverTree(driver, to, WINDOWS_FILES))).toEqual([]);
      if (kind.type !== 'tmpfs') mounted.remount();
      const tree = readTree(driver, to);
      expect(told(tree.problems)).toEqual([]);
      const expected = WINDOWS_FILES.map(windowsFacts) as { creation?: bigint; streams: unknown[][] }[];
      const found = WINDOWS_FILES.map(({ entry }) => windowsFacts(fileAt(tree, entry.path))) as typeof expected;
      for (const [i, one] of expected.entries()) {
        if (one.creation === undefined) delete found[i]!.creation; // not recorded: the file system's own
        one.streams.sort();
        expect({ creation: one.creation, ...found[i] }).toEqual(one);
      }
      // And once more, from what was read.
      const again = makeFolder();
      const files = [...tree.files.values()].filter(({ entry }) => entry.path !== '');
      expect(told(recoverTree(driver, again, files))).toEqual([]);
      const second = readTree(driver, again);
      for (const file of files) expect(windowsFacts(fileAt(second, file.entry.path))).toEqual({ ...(windowsFacts(file) as object), creation: fileAt(second, file.entry.path).entry.times.creation }); // prettier-ignore
    });

    it('are kept under the names that the documentation gives, with the bytes that ntfs-3g has', () => {
      const to = makeFolder();
      recoverTree(driver, to, WINDOWS_FILES);
      const dump = execFileSync('getfattr', ['-hd', '-m', 'winback', '-e', 'hex', 'f', 'sis', 'link'], { cwd: to, encoding: 'latin1' });
      expect(dump).toContain(`user.winback.ntfs_acl=0x${hex(descriptor)!}\n`);
      expect(dump).toContain('user.winback.ntfs_attrib=0x06200000\n');
      expect(dump).toContain(`user.winback.ntfs_object_id=0x${hex(WINDOWS.objectId)!}\n`);
      expect(dump).toContain(`user.winback.ntfs_dos_name=0x${hex(Buffer.from('SHORT~1.TXT'))!}\n`);
      expect(dump).toContain(`user.winback.stream.Zone.Identifier=0x${hex(ZONE['Zone.Identifier'])!}\n`);
      expect(dump).toMatch(/^user\.winback\.stream\.empty(=0s|=0x|="")?$/m);
      expect(dump).toMatch(/^user\.winback\.ntfs_crtime=0x[0-9a-f]{16}$/m);
      expect(dump).toMatch(/^user\.winback\.ntfs_ea=0x1000000080050100/m);
      expect(dump).toMatch(/^user\.winback\.ntfs_reparse_data=0x0700008064000000/m);
      expect(dump).toMatch(/^trusted\.winback\.ntfs_acl=/m);
      expect(dump).toMatch(/^trusted\.winback\.ntfs_reparse_data=0x0c0000a0/m);
    });

    it('too large for it are named in one problem, and all others kept', () => {
      const to = makeFolder();
      const large = { 'too large': new Uint8Array(70_000), 'large one': new Uint8Array(room + 1000), small: Buffer.from('s') };
      const extendedAttributes = [{ name: 'LARGE', flags: 0, value: new Uint8Array(room > 60_000 ? 10 : room) }];
      const problems = recoverTree(driver, to, [streams(testFile('f', 'content', { ...WINDOWS, extendedAttributes }), large)]);
      expect(problems.length).toBeGreaterThan(0);
      expect(told(problems).every((text) => text.startsWith('incomplete: f: this file system has no place for'))).toBe(true);
      const named = told(problems).join();
      expect(named).toContain('too large (70000 bytes, where 65536 have room)');
      const { entry, streams: all } = fileAt(readTree(driver, to), 'f');
      const kept = all.filter(({ header }) => header.name).map(({ header }) => header.name!.slice(1, -6));
      expect(kept).toContain('small');
      for (const name of Object.keys(large)) expect(kept.includes(name), name).toBe(!named.includes(`stream ${name}`));
      expect(entry.extendedAttributes !== undefined).toBe(!named.includes('extended attributes LARGE'));
      expect(entry).toMatchObject({ attributes: WINDOWS.attributes, shortName: WINDOWS.shortName });
    });

    it('leave nothing behind when something without them is recovered over it', () => {
      const to = makeFolder();
      recoverTree(driver, to, WINDOWS_FILES);
      const posix = { userId: 0, groupId: 0, mode: 0o755 };
      const plain = [
        testItem('d', { posix: { ...posix, mode: 0o40755 } }),
        testItem('junction', {}),
        testFile('f', 'new', { posix: { ...posix, mode: 0o100644 } }),
        testFile('sis', 'new', { posix: { ...posix, mode: 0o100644 } }),
        testItem('link', { ...testLink('new'), posix: { ...posix, mode: 0o120777 } }),
      ];
      expect(told(recoverTree(driver, to, plain))).toEqual([]);
      const left = execFileSync('getfattr', ['-hd', '-m', 'winback', 'd', 'f', 'sis', 'link'], { cwd: to, encoding: 'latin1' });
      expect(left).toBe('');
      // A folder that still is one of Windows has what it has now.
      expect(sh(to, 'getfattr -d -m winback junction')).not.toContain('reparse');
    });

    it('a time that it has no room for is named, never another one in silence', () => {
      const times = [-10_000_000_000, -2_147_483_649, -2_147_483_648, 2_147_483_647, 2_147_483_648, 4_294_967_296, 40_000_000_000];
      const to = makeFolder();
      for (const [i, seconds] of times.entries()) {
        const lastWrite = BigInt(seconds) * 1_000_000_000n;
        const item = i % 2 === 0 ? testFile(`t${i}`, 'content', { times: { lastWrite } }) : testItem(`t${i}`, { times: { lastWrite } });
        const problems = told(recoverTree(driver, to, [item]));
        const found = fileAt(readTree(driver, to), `t${i}`).entry.times.lastWrite;
        const expected = found === lastWrite ? [] : [expect.stringMatching(/^incomplete: t\d: its times could not be set: .*ERANGE/)];
        expect(problems, String(seconds)).toEqual(expected);
      }
    });

    it('of links that lead elsewhere now, and of files that were put in their place, are gone', () => {
      const to = makeFolder();
      recoverTree(driver, to, WINDOWS_FILES);
      unlinkSync(join(to, 'link'));
      symlinkSync('/etc/passwd', join(to, 'link'));
      const { entry } = fileAt(readTree(driver, to), 'link');
      expect(entry).toMatchObject({ kind: 'symbolic-link', linkTarget: '/etc/passwd' });
      expect(entry.securityDescriptor).toBeUndefined();
    });

    it('that make no sense are kept as what they are, with a remark, and back up the file all the same', () => {
      const from = makeFolder();
      sh(from, 'echo content > f; mkdir d; echo inside > d/g');
      const value = (bytes: number): string => `0x${'e7'.repeat(bytes)}`;
      const names = [
        'ntfs_attrib',
        'ntfs_crtime',
        'ntfs_object_id',
        'ntfs_ea',
        'ntfs_reparse_data',
        'ntfs_efsinfo',
        'unheard_of',
        'stream.',
        'stream.a/b',
      ];
      for (const path of ['f', 'd']) {
        for (const name of names) {
          execFileSync('setfattr', ['-n', `user.winback.${name}`, '-v', value(200), path], { cwd: from });
          const tree = readTree(driver, from);
          expect(tree.order).toEqual(['', 'f', 'd', 'd/g']);
          const { entry } = fileAt(tree, path);
          expect(entry.kind).toBe(path === 'f' ? 'file' : 'directory');
          expect(Buffer.from(contentOf(fileAt(tree, 'f').streams)).toString()).toBe('content\n');
          expect(tree.problems.map(({ effect }) => effect)).toEqual(['note']);
          expect([...entry.posix!.xattrs!.keys()]).toEqual([`user.winback.${name}`]);
          const to = makeFolder();
          expect(told(recoverTree(driver, to, tree.files.values()))).toEqual([]);
          expect(sh(to, 'getfattr -Rd -m winback -e hex .')).toBe(sh(from, 'getfattr -Rd -m winback -e hex .'));
          execFileSync('setfattr', ['-x', `user.winback.${name}`, path], { cwd: from });
        }
      }
    });
  });
}

describe.skipIf(!isRoot)('facts of Windows as an ordinary user (needs root)', () => {
  it('of links, which only root may keep, are named', () => {
    const to = mkdtempSync('/tmp/winback-nobody-');
    execFileSync('chown', ['nobody', to]);
    process.setegid!(65_534);
    process.seteuid!(65_534);
    try {
      const link = testItem('l', {
        kind: 'symbolic-link',
        attributes: A.REPARSE_POINT,
        reparseData: linkTo('x'),
        securityDescriptor: descriptor,
      });
      const problems = told(recoverTree(driver, to, [link, testFile('f', 'content', WINDOWS)]));
      expect(problems).toEqual([
        expect.stringMatching(
          /^incomplete: l: nobody but root may keep beside it the attributes, the security descriptor, the reparse point 0xa000000c \(.*EPERM.*\) — Recover as root/,
        ),
      ]);
      expect(fileAt(readTree(driver, to), 'f').entry).toMatchObject({ shortName: 'SHORT~1.TXT' });
    } finally {
      process.seteuid!(0);
      process.setegid!(0);
      execFileSync('rm', ['-rf', to]);
    }
  });
});

it('lists of extended attributes beside a file and in a stream say the same', () => {
  const list = WINDOWS.extendedAttributes!;
  expect(decodeExtendedAttributes(encodeExtendedAttributes(list))).toEqual(list);
});
