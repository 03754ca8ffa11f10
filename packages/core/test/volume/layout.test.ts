import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import '../../src/index.js';
import { LinuxDirent64, Statx } from '../../src/ffi/linux.layout.js';
import { hasCommand, makeFolder, removeFolder } from './linux.js';

const C_NAMES: Readonly<Record<string, string>> = {
  mask: 'stx_mask', blockSize: 'stx_blksize', attributes: 'stx_attributes', linkCount: 'stx_nlink', userId: 'stx_uid', groupId: 'stx_gid',
  mode: 'stx_mode', inode: 'stx_ino', size: 'stx_size', blocks: 'stx_blocks', attributesMask: 'stx_attributes_mask', accessTime: 'stx_atime',
  birthTime: 'stx_btime', changeTime: 'stx_ctime', modifyTime: 'stx_mtime', rdevMajor: 'stx_rdev_major', rdevMinor: 'stx_rdev_minor',
  devMajor: 'stx_dev_major', devMinor: 'stx_dev_minor', mountId: 'stx_mnt_id',
}; // prettier-ignore

describe('structures of the Linux kernel', () => {
  it.skipIf(!hasCommand('gcc'))('lie in memory as the C compiler lays them (needs gcc)', () => {
    const folder = makeFolder();
    const [source, program] = [join(folder, 'x.c'), join(folder, 'x')];
    const lines = Object.values(C_NAMES).map((name) => `printf("%zu ", offsetof(struct statx, ${name}));`);
    const code = `#include <linux/stat.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void) { printf("%zu ", sizeof(struct statx)); ${lines.join('')} }`;
    execFileSync('sh', ['-c', `cat > ${source}; gcc -o ${program} ${source}`], { input: code });
    const found = execFileSync(program).toString().trim().split(' ').map(Number);
    removeFolder(folder);
    expect(found).toEqual([Statx.size, ...Object.keys(C_NAMES).map((field) => Statx.offsetOf(field as 'mask'))]);
    expect(LinuxDirent64.size).toBe(19); // offsetof(struct linux_dirent64, d_name), which no public header has
  });

  it('importing core loads no koffi', () => {
    const loaded = Object.keys(createRequire(import.meta.url).cache).filter((path) => /[\\/]koffi[\\/]/.test(path));
    expect(loaded).toEqual([]);
  });
});
