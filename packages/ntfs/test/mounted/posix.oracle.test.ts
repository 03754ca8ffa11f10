import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { decodeExtendedAttributes, PortableVolumeDriver, systemPlatform, type FileEntry } from '@winback/core';
import { IMAGE_KINDS, mountImage, readTree, recoverTree, testFile, type TestTree } from '@winback/core/testing';
import { copyTree, driver, getfattr, hex, makeFolder, onBoth, readOne, setfattr, sh, told } from './mounted.js';

/** Records that WSL wrote; they are not ours to publish. */
const SAMPLES = join(process.env['WINBACK_SAMPLES'] ?? join(import.meta.dirname, '../../../../../shared/samples'), 'ntfs');
const sample = (name: string): Uint8Array => new Uint8Array(readFileSync(join(SAMPLES, `dfir-${name}.bin`)));
const NO_SAMPLES = existsSync(join(SAMPLES, 'dfir-ea-1.bin')) ? '' : ' (skipped: WINBACK_SAMPLES names no folder of samples)';

const portable = new PortableVolumeDriver();

/** What POSIX knows of a file; the creation and the change of a copy are its own. */
function posixOf(tree: TestTree): unknown[] {
  return [...tree.files.values()].map(({ entry, streams }) => {
    const { path, kind, times, linkTarget, posix, size } = entry;
    const { lastWrite, lastAccess } = times;
    const xattrs = [...(posix?.xattrs ?? [])].map(([name, value]) => [name, hex(value)]).sort();
    const content = streams.filter(({ header }) => header.id === 1).map(({ data }) => hex(data));
    const { userId, groupId, mode, device } = posix ?? {};
    return {
      path,
      kind,
      lastWrite,
      lastAccess: kind === 'directory' ? 0n : lastAccess,
      linkTarget,
      userId,
      groupId,
      mode,
      device,
      xattrs,
      size,
      content,
    };
  });
}

const isRoot = systemPlatform().os === 'linux' && systemPlatform().userId === 0;
const ext4 = isRoot ? mountImage(IMAGE_KINDS.ext4) : { reason: 'needs root' };
if (!('reason' in ext4)) afterAll(ext4.unmount);

onBoth('POSIX facts on NTFS', (mounted) => {
  it(`of a tree of ext4 come back to the nanosecond${'reason' in ext4 ? ` (${ext4.reason})` : ''}`, (context) => {
    if ('reason' in ext4) {
      context.skip(ext4.reason);
      return;
    }
    const [from, over, to] = [makeFolder(ext4.folder), makeFolder(mounted.folder), makeFolder(ext4.folder)];
    sh(
      from,
      `mkdir -p d/e; echo content > d/f; ln -s ../target d/l; mkfifo d/p; mknod d/c c 5 300; mknod d/b b 4000 1000000; python3 -c "
import socket; s = socket.socket(socket.AF_UNIX); s.bind('d/s')"
       chown 1000:1001 d/f; chown -h 7:8 d/l; chown 4294967294:3 d/e; chmod 6755 d/f; chmod 1777 d/e
       setfattr -n user.x -v value d/f; setfattr -n user.empty d/f; setfattr -hn trusted.t -v t d/l; setfattr -n user.d -v d d/e
       setfattr -n user.large -v 0x$(head -c 30000 /dev/urandom | xxd -p | tr -d '\\n') d/f
       setfacl -m u:5:rwx d/f; setfacl -d -m g:6:rx d/e; setcap cap_net_raw+ep d/f || true
       touch -d '2001-02-03 04:05:06.123456789Z' d/f d/p; touch -hd '1969-12-31 23:59:59.999999999Z' d/l; touch -ad '2040-01-01 00:00:00.000000001Z' d/f
       touch -d '2020-01-01 00:00:00.000000099Z' d/e`,
    );
    const first = copyTree(from, over, 'overwrite', [portable, driver]);
    expect(first.problems).toEqual([]);
    mounted.remount();
    const second = copyTree(over, to, 'overwrite', [driver, portable]);
    expect(second.problems).toEqual([]);
    expect(posixOf(second.tree)).toEqual(posixOf(first.tree));
    const seen = `find . -mindepth 1 -printf '%P|%y|%m|%U:%G|%n|%l|%T+|%s|' -a \\( -type f -printf %A+ -o -true \\) -printf '\\n' | sort; getfattr -hRd -m '^(user|trusted)\\.[^w]|security.capability|system.posix' -e hex .; stat -c '%n %t %T' d/b d/c`;
    expect(sh(to, seen)).toBe(sh(from, seen));
  });

  it('too large for the extended attributes of NTFS are named, and all others kept', () => {
    const folder = makeFolder(mounted.folder);
    const xattrs = new Map<string, Uint8Array>([
      ['user.small', Buffer.from('small')],
      ['user.large', new Uint8Array(60_000)],
      ['user.larger', new Uint8Array(65_000)],
    ]);
    const posix = { userId: 1, groupId: 2, mode: 0o100640, xattrs };
    const extendedAttributes = [{ name: 'WINDOWS', flags: 0, value: Buffer.from('x') }];
    expect(told(recoverTree(driver, folder, [testFile('f', 'x', { posix, extendedAttributes })]))).toEqual([
      expect.stringMatching(/^incomplete: f: among the 64 KiB of its extended attributes there is no room for user.larger/),
    ]);
    mounted.remount();
    const { entry } = readOne(folder);
    expect(entry).toMatchObject({ posix: { userId: 1, groupId: 2, mode: 0o100640 } });
    expect([...(entry.posix?.xattrs?.keys() ?? [])].sort()).toEqual(['user.large', 'user.small']);
    expect(entry.extendedAttributes).toEqual([{ name: 'WINDOWS', flags: 0, value: new Uint8Array(Buffer.from('x')) }]);
  });

  it('are not lost for an extended attribute that NTFS does not take', () => {
    const folder = makeFolder(mounted.folder);
    const posix = { userId: 1, groupId: 2, mode: 0o100640 };
    const wrong: FileEntry['extendedAttributes'] = [{ name: '', flags: 0, value: Buffer.from('x') }];
    const problems = told(recoverTree(driver, folder, [testFile('f', 'x', { posix, extendedAttributes: wrong })]));
    mounted.remount();
    const { entry } = readOne(folder);
    expect(entry.posix).toMatchObject(posix);
    if (!entry.extendedAttributes) expect(problems).toEqual([expect.stringMatching(/^incomplete: f: its extended attributes/)]);
  });

  it(`that WSL wrote are read${NO_SAMPLES}`, (context) => {
    if (NO_SAMPLES !== '') context.skip('WINBACK_SAMPLES names no folder of samples');
    const from = makeFolder(mounted.folder);
    const record = (name: string, value: Uint8Array): Uint8Array => {
      const length = (8 + name.length + 1 + value.length + 3) & ~3;
      const out = Buffer.alloc(length);
      out.writeUInt32LE(length, 0);
      out.writeUInt8(name.length, 5);
      out.writeUInt16LE(value.length, 6);
      out.write(name, 8, 'latin1');
      out.set(value, 9 + name.length);
      return new Uint8Array(out);
    };
    const mode = record('$LXMOD', Uint8Array.of(0xa4, 0x81, 0, 0));
    const lists: Readonly<Record<string, Uint8Array>> = {
      one: sample('ea-1'),
      two: sample('ea-2'),
      three: record('LXATTRB', sample('lxattrb_wsl_1')),
      four: record('LXATTRB', sample('lxattrb_wsl_2')),
      five: new Uint8Array(Buffer.concat([mode, record('LXXATTR', sample('lxxattr_wsl_1'))])),
    };
    sh(from, `touch ${Object.keys(lists).join(' ')}`);
    for (const [path, list] of Object.entries(lists)) setfattr(join(from, path), 'system.ntfs_ea', list);
    mounted.remount();
    const tree = readTree(driver, from);
    expect(told(tree.problems)).toEqual([]);
    const found = Object.keys(lists).map((path) => {
      const { posix, extendedAttributes } = tree.files.get(path)!.entry;
      expect(extendedAttributes).toBeUndefined();
      const xattrs = [...(posix?.xattrs ?? [])].map(([name, value]) => `${name}=${Buffer.from(value).toString()}`);
      return [posix?.userId, posix?.groupId, posix?.mode.toString(8), ...xattrs];
    });
    expect(found).toEqual([
      [0, 0, '100644', 'user.1=11'],
      [0, 0, '100644', 'user.1=11', 'user.2=22', 'user.3=33'],
      [0, 0, '100644'],
      [1000, 114, '100644'],
      [0, 0, '100644', 'user.test=test_value', 'user.another_test=another_value'],
    ]);
    // And in Winback's own form again.
    const to = makeFolder(mounted.folder);
    expect(copyTree(from, to).problems).toEqual([]);
    mounted.remount();
    expect(decodeExtendedAttributes(getfattr(join(to, 'four'), 'system.ntfs_ea')!).map(({ name }) => name)).toEqual([
      '$LXUID',
      '$LXGID',
      '$LXMOD',
    ]);
  });

  it('of a file whose times were set since are its times now', () => {
    const folder = makeFolder(mounted.folder);
    const posix = { userId: 1, groupId: 2, mode: 0o100640 };
    const times = { lastWrite: 1_000_000_000_000_000_099n, lastAccess: 1_000_000_000_000_000_011n };
    expect(told(recoverTree(driver, folder, [testFile('f', 'x', { posix, times })]))).toEqual([]);
    mounted.remount();
    expect(readOne(folder).entry.times).toMatchObject(times);
    sh(folder, 'touch -md 2002-02-02T02:02:02.0000001Z f');
    mounted.remount();
    expect(readOne(folder).entry.times.lastWrite).toBe(1_012_615_322_000_000_100n);
  });
});
