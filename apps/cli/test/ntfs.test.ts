import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { IMAGE_KINDS, mountImage, type MountedImage } from '@winback/core/testing';
import { winback } from './test-io.js';

const probe = mountImage(IMAGE_KINDS.ntfs);
const canMount = !('reason' in probe);
if (canMount) probe.unmount();

const JUNCTION = (() => {
  const [substitute, print] = ['\\??\\C:\\x', 'C:\\x'].map((name) => Buffer.from(name, 'utf16le')) as [Buffer, Buffer];
  const head = Buffer.alloc(16);
  head.writeUInt32LE(0xa000_0003);
  head.writeUInt16LE(8 + substitute.length + print.length + 4, 4);
  head.writeUInt16LE(substitute.length, 10);
  head.writeUInt16LE(substitute.length + 2, 12);
  head.writeUInt16LE(print.length, 14);
  return `0x${Buffer.concat([head, substitute, Buffer.alloc(2), print, Buffer.alloc(2)]).toString('hex')}`;
})();

describe.skipIf(!canMount)(`NTFS volumes, read from their devices (${canMount ? '' : probe.reason})`, () => {
  let home: string;
  let source: MountedImage;
  let destination: MountedImage;
  const fresh = (): MountedImage => {
    const mounted = mountImage(IMAGE_KINDS.ntfs);
    if ('reason' in mounted) throw new TypeError(mounted.reason);
    return mounted;
  };
  const sh = (folder: string, script: string): string =>
    execFileSync('bash', ['-euc', script], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  const backUp = (include: string): ReturnType<typeof winback> =>
    winback(home, 'start', 'backup', '--include', include, '--backup-target', 'a.bkf', '--no-snapshot');
  const recover = (to: string, overwrite: string): ReturnType<typeof winback> => {
    const recovery = ['start', 'recovery', '--version', 'latest', '--items', '/', '--overwrite', overwrite];
    return winback(home, ...recovery, '--recovery-target', to, '--backup-target', 'a.bkf');
  };
  const items = async (): Promise<readonly string[]> => {
    const { stdout } = await winback(home, 'get', 'items', '--version', 'latest', '--backup-target', 'a.bkf', '--json');
    return (JSON.parse(stdout) as { items: { path: string }[] }).items.map(({ path }) => path);
  };
  beforeAll(() => {
    [source, destination] = [fresh(), fresh()];
  });
  afterAll(() => {
    source.unmount();
    destination.unmount();
  });
  beforeEach((context) => {
    home = mkdtempSync(join(tmpdir(), 'winback-ntfs-'));
    context.onTestFinished(() => {
      rmSync(home, { recursive: true });
    });
    for (const { folder } of [source, destination]) sh(folder, 'find . -mindepth 1 -delete');
  });

  it('of which a mere folder is mounted hold that folder alone', async () => {
    sh(source.folder, 'mkdir Users; echo in > Users/in; echo out > out');
    const bound = join(home, 'bound');
    mkdirSync(bound);
    sh(home, `mount --bind ${source.folder}/Users bound`);
    try {
      expect(await backUp(bound)).toMatchObject({ code: 0 });
      expect(await items()).toEqual([`${bound}/`, `${bound}/in`].map((path) => expect.stringMatching(new RegExp(`^${path}?$`)) as string));
    } finally {
      sh(home, 'umount bound');
    }
  });

  it('with another file system inside say that it is left out, and do not look below it', async () => {
    sh(source.folder, 'mkdir inner; echo hidden > inner/hidden; mount -t tmpfs none inner; echo other > inner/other');
    try {
      const { code, stderr } = await backUp(source.folder);
      expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('[SOURCE_OTHER_VOLUME]') as string });
      expect((await items()).filter((path) => /hidden|other/.test(path))).toEqual([]);
    } finally {
      sh(source.folder, 'umount inner');
    }
  });

  it('take junctions and object ids again and again', async () => {
    sh(source.folder, `mkdir junction; setfattr -h -n system.ntfs_reparse_data -v ${JUNCTION} junction`);
    sh(source.folder, 'echo x > f; setfattr -h -n system.ntfs_object_id -v 0x0102030405060708090a0b0c0d0e0f10 f');
    source.remount();
    expect(await backUp(source.folder)).toMatchObject({ code: 0 });
    for (const overwrite of ['overwrite', 'overwrite', 'overwrite', 'skip']) {
      expect(await recover(destination.folder, overwrite), overwrite).toMatchObject({ code: 0 });
      destination.remount();
      expect(sh(destination.folder, 'getfattr -h -e hex -n system.ntfs_object_id f')).toContain('=0x0102030405060708090a0b0c0d0e0f10');
      expect(sh(destination.folder, 'getfattr -h -e hex -n system.ntfs_reparse_data junction')).toContain(`=${JUNCTION}`);
    }
  });

  it('know special files that ntfs-3g keeps as Services for UNIX do', async () => {
    sh(
      source.folder,
      'mknod character c 5 300; ln -s some/where link; echo system > file; setfattr -h -n system.ntfs_attrib -v 0x04000000 file',
    );
    source.remount();
    expect(await backUp(source.folder)).toMatchObject({ code: 0 });
    const out = join(home, 'out');
    expect(await recover(out, 'create-copy')).toMatchObject({ code: 0, stderr: '' });
    expect(sh(out, "stat -c '%n %F %t:%T' character; readlink link; cat file")).toBe(
      'character character special file 5:12c\nsome/where\nsystem\n',
    );
  });
});

describe('verify --compare', () => {
  it('finds damage of what it compares with nothing', async (context) => {
    const place = mkdtempSync(join(tmpdir(), 'winback-compare-'));
    context.onTestFinished(() => {
      rmSync(place, { recursive: true });
    });
    execFileSync('bash', ['-euc', 'mkdir src empty; head -c 100000 /dev/urandom > src/f'], { cwd: place });
    await winback(place, 'start', 'backup', '--include', 'src', '--backup-target', 'a.bkf');
    execFileSync('bash', ['-euc', 'printf XXXX | dd of=a.bkf bs=1 seek=60000 conv=notrunc status=none'], { cwd: place });
    const { code, stdout } = await winback(place, 'verify', '--backup-target', 'a.bkf', '--compare', 'empty');
    expect({ code, stdout }).toMatchObject({ code: 5, stdout: expect.not.stringContaining('No damage found') as string });
  });
});
