import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FileAttribute as A, isWinbackError } from '@winback/core';
import { contentOf, readStreams, readTree, recoverFile, recoverTree, testFile, testItem, writeStreams } from '@winback/core/testing';
import { copyTree, driver, makeFolder, mountPoint, onBoth, onVolume, sh, told } from './mounted.js';

const openFiles = (): number => readdirSync('/proc/self/fd').length;

function asNobody<T>(body: () => T): T {
  process.setegid!(65_534);
  process.seteuid!(65_534);
  try {
    return body();
  } finally {
    process.seteuid!(0);
    process.setegid!(0);
  }
}

/** What a call threw, which must be an error of ours. */
function thrown(body: () => unknown): { readonly code: string; readonly hint?: string } {
  try {
    body();
  } catch (error) {
    if (isWinbackError(error)) return error as unknown as { readonly code: string };
    throw error;
  }
  throw new TypeError('nothing was thrown');
}

const FULL = {
  attributes: A.ARCHIVE | A.HIDDEN,
  objectId: Uint8Array.from({ length: 16 }, (_, i) => i),
  shortName: 'SHORT~1',
  extendedAttributes: [{ name: 'EA', flags: 0, value: Buffer.from('x') }],
};

onBoth('a volume', (mounted, streams) => {
  it('leaves no file open, whatever was read and recovered', () => {
    const [from, to] = [makeFolder(mounted.folder), makeFolder(mounted.folder)];
    sh(
      from,
      'mkdir -p d/e; echo x > d/f; ln -s x l; mkfifo p; setfattr -n user.s -v x d/f || echo y > d/f:s; setfattr -n user.s -v x d || echo z > d:s',
    );
    copyTree(from, to);
    const before = openFiles();
    for (let i = 0; i < 3; i++) copyTree(from, to);
    expect(openFiles()).toBe(before);
    mounted.remount(); // which fails while one is
  });

  it('that is mounted read-only is read, and not written', () => {
    const folder = makeFolder(mounted.folder);
    expect(told(recoverTree(driver, folder, [testFile('f', 'content', FULL)]))).toEqual([]);
    mounted.remount(`streams_interface=${streams},ro`);
    const tree = readTree(driver, folder);
    expect(told(tree.problems)).toEqual([]);
    expect(Buffer.from(contentOf(tree.files.get('f')!.streams)).toString()).toBe('content');
    for (const overwrite of ['overwrite', 'create-copy'] as const) {
      expect(thrown(() => recoverTree(driver, folder, [testFile('f', 'new')], overwrite))).toMatchObject({
        code: 'RECOVERY_IO',
        hint: expect.stringMatching(/mounted read-only/) as string,
      });
    }
    mounted.remount();
  });

  it('whose program is killed in the middle gives errors, and no more than that', () => {
    const [from, to] = [makeFolder(mounted.folder), makeFolder(mounted.folder)];
    sh(from, 'mkdir d; for i in $(seq 50); do echo $i > d/$i; done');
    const located = driver.locate(from)!;
    const volume = driver.open(located.volume, located.volume.root);
    const recovery = driver.openRecovery(to, { overwrite: 'overwrite' });
    const before = recovery.create(testFile('before', 'x').entry)!;
    before.begin({ id: 1, attributes: 0, length: 1 });
    const seen: string[] = [];
    for (const { nodes, problems } of volume.walk(located.path)) {
      for (const node of nodes) {
        if (node.path.endsWith('d')) {
          const source = execFileSync('findmnt', ['-n', '-o', 'SOURCE', mounted.folder], { encoding: 'utf8' }).trim();
          let pid: string | undefined;
          // The list of processes is not one moment's: one may be missed.
          for (let tries = 0; pid === undefined && tries < 20; tries++) {
            const list = execFileSync('ps', ['-ww', '-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
            pid = list.find((line) => line.includes('mount.ntfs-3g') && line.includes(`${source} ${mounted.folder} `))?.trim().split(' ')[0]; // prettier-ignore
          }
          expect(pid).toBeDefined();
          process.kill(Number(pid), 'SIGKILL');
          spawnSync('sleep', ['0.2']);
        }
        try {
          const opened = node.open();
          readStreams(opened.streams);
          opened.streams.close();
          seen.push(...told(opened.problems), opened.changed() ? 'changed' : 'the same');
        } catch (error) {
          if (!isWinbackError(error)) throw error;
          seen.push(error.code);
        }
      }
      seen.push(...problems.map(({ error }) => error.code));
    }
    expect(seen).toContain('SOURCE_UNREADABLE');
    expect(thrown(() => volume.node(located.path)).code).toMatch(/^SOURCE_/);
    volume[Symbol.dispose]();
    expect(thrown(() => before.commit()).code).toBe('RECOVERY_IO');
    expect(thrown(() => recoverFile(recovery, testFile('after', 'x'))).code).toBe('RECOVERY_IO');
    recovery.finish();
    recovery[Symbol.dispose]();
    expect(thrown(() => driver.openRecovery(to, { overwrite: 'overwrite' })).code).toBe('RECOVERY_IO');
    spawnSync('umount', ['-l', mounted.folder]);
    spawnSync('sleep', ['0.5']);
    mounted.remount();
  });
});

onVolume(
  'a full volume',
  'streams_interface=windows',
  (mounted) => {
    it('is an error with a hint, and what fitted stays', () => {
      const folder = makeFolder(mounted.folder);
      const content = new Uint8Array(1 << 20).fill(7);
      using recovery = driver.openRecovery(folder, { overwrite: 'overwrite' });
      const fill = (): void => {
        for (let i = 0; i < 40; i++) {
          const { entry, streams } = testFile(`f${i}`, content, { extendedAttributes: FULL.extendedAttributes });
          const file = recovery.create(entry)!;
          try {
            writeStreams(file, streams);
          } catch (error) {
            file.abort();
            throw error;
          }
          expect(told(file.commit().problems)).toEqual([]);
        }
      };
      expect(thrown(fill)).toMatchObject({ code: 'RECOVERY_IO', hint: expect.stringMatching(/Make room/) as string });
      recovery.finish();
      const kept = readdirSync(folder);
      expect(kept.length).toBeGreaterThan(3);
      expect(sh(folder, 'for f in *; do stat -c %s $f; done | sort -u')).toBe('1048576\n');
      // Facts that have no room any more are named, each.
      sh(folder, 'dd if=/dev/zero of=filler bs=4k 2>/dev/null || true; dd if=/dev/zero of=filler2 bs=512 2>/dev/null || true');
      const large = testFile('large', '', {
        extendedAttributes: [{ name: 'BIG', flags: 0, value: new Uint8Array(60_000) }],
        reparseData: undefined,
      });
      try {
        expect(told(recoverTree(driver, folder, [large]))).toEqual([
          expect.stringMatching(/^incomplete: large: its extended attributes BIG.*ENOSPC/),
        ]);
      } catch (error) {
        expect(isWinbackError(error, 'RECOVERY_IO')).toBe(true);
      }
    });
  },
  '16M',
);

onVolume('as an ordinary user', 'permissions,streams_interface=xattr', (mounted) => {
  it('what is not permitted is named, and the rest is done', () => {
    const folder = makeFolder(mounted.folder);
    sh(
      folder,
      `mkdir mine closed; chown nobody:nogroup . mine; chmod 755 . .. ../..; echo secret > secret; chmod 600 secret; echo x > open; chmod 644 open; echo z > closed/z; chmod 700 closed
      setfattr -n user.s -v stream open; setfattr -n system.ntfs_attrib -v 0x22000000 open`,
    );
    asNobody(() => {
      const located = driver.locate(folder)!;
      using volume = driver.open(located.volume, located.volume.root);
      const seen: string[] = [];
      for (const { nodes, problems } of volume.walk(located.path)) {
        for (const node of nodes) {
          const name = node.path.slice(located.path.length + 1);
          try {
            const opened = node.open();
            opened.streams.close();
            seen.push(name, ...told(opened.problems));
          } catch (error) {
            if (!isWinbackError(error)) throw error;
            seen.push(`${name}: ${error.code}`);
          }
        }
        seen.push(...problems.map(({ path, effect, error }) => `${path.slice(located.path.length + 1)} ${effect}: ${error.code}`));
      }
      expect(seen).toEqual(['', 'open', 'secret: SOURCE_UNREADABLE', 'closed', 'closed skipped: SOURCE_UNREADABLE', 'mine']);

      const item = testItem('d', { attributes: A.DIRECTORY | A.REPARSE_POINT, reparseData: mountPoint('C:\\x') });
      const posix = { userId: 5, groupId: 6, mode: 0o100640 };
      const securityDescriptor = Buffer.from('01000480140000002400000000000000340000000102000000000005200000002002000001020000000000052000000020020000' + '02001c000100000000001400ff011f00010100000000000100000000', 'hex'); // prettier-ignore
      const problems = told(
        recoverTree(driver, `${folder}/mine`, [testFile('f', 'content', { ...FULL, posix, securityDescriptor }), item]),
      );
      // Only the name comes after the file became somebody else's.
      expect(problems).toEqual([expect.stringMatching(/^incomplete: f: its short name SHORT~1 could not be set: operation not permitted/)]);
      expect(thrown(() => recoverTree(driver, `${folder}/closed`, [testFile('f', 'x')])).code).toBe('RECOVERY_IO');
    });
    expect(sh(`${folder}/mine`, 'cat f')).toBe('content');
  });
});
