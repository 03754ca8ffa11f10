import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HiveFile, numberValue } from '@winback/core';
import { getfattr, hex, makeFolder, onBoth, setfattr, sh } from './mounted.js';

onBoth('a hive on an NTFS volume', (mounted) => {
  it('keeps its security descriptor, attributes and time of creation when it is changed', () => {
    const folder = makeFolder(mounted.folder);
    const path = join(folder, 'SYSTEM');
    HiveFile.create(path)[Symbol.dispose]();
    // Owner SYSTEM, nobody else may do anything.
    const descriptor = Buffer.from(
      '010004801400000020000000000000002c000000010100000000000512000000010100000000000512000000' +
        '02001c0001000000000014003f000f00010100000000000512000000',
      'hex',
    );
    setfattr(path, 'system.ntfs_acl', new Uint8Array(descriptor));
    setfattr(path, 'system.ntfs_attrib', Uint8Array.of(0x26, 0, 0, 0));
    setfattr(
      path,
      'system.ntfs_times',
      Uint8Array.from({ length: 8 }, (_, i) => (i === 7 ? 1 : 0x55)),
    );
    mounted.remount();
    const facts = () =>
      ['acl', 'attrib', 'times'].map((name) => hex(getfattr(path, `system.ntfs_${name}`))?.slice(0, name === 'times' ? 16 : undefined));
    const before = facts();
    {
      using hive = HiveFile.open(path, { mode: 'write' });
      hive.setValue('key', numberValue('value', 1));
      hive.flush();
    }
    mounted.remount();
    expect(facts()).toEqual(before);
    expect(before[2]).toBe('5555555555555501');
    expect(sh(folder, 'ls -A').trim()).toBe('SYSTEM');
    using hive = HiveFile.open(path);
    expect(hive.key('key')?.value('value')?.data).toEqual(Uint8Array.of(1, 0, 0, 0));
  });
});
