import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AT_FDCWD, cString, libc } from '../../src/ffi/libc.js';
import { StreamId } from '../../src/streams/index.js';
import { contentOf, fileAt, readStreams, readTree, recoverFile, testEntry, testFile, testItem } from '../../src/testing/index.js';
import { bytesToText } from '../../src/text/file-name.js';
import { FileStreams } from '../../src/volume/portable/file-streams.js';
import type { Volume, VolumeNode } from '../../src/volume/index.js';
import { copyTree, driver, isLinux, isRoot, makeFolder, mountImage, removeFolder, seenBySystem, sh } from './linux.js';

let from = '';
let to = '';
beforeEach(() => {
  [from, to] = [makeFolder(), makeFolder()];
});
afterEach(() => {
  removeFolder(from);
  removeFolder(to);
});

const openFiles = (): number => readdirSync('/proc/self/fd').length;

/** The nodes of a folder by name, all of them in the first batch. */
function nodesOf(folder: string, use: (nodes: ReadonlyMap<string, VolumeNode>, volume: Volume) => void): void {
  const located = driver.locate(folder)!;
  using volume = driver.open(located.volume, located.volume.root);
  for (const { nodes } of volume.walk(located.path)) {
    use(new Map(nodes.map((node) => [node.path.slice(located.path.length + 1), node])), volume);
    break;
  }
}

describe.skipIf(!isLinux)('names (needs Linux)', () => {
  it('of any bytes are kept as the system has them', () => {
    const bytes = Array.from({ length: 255 }, (_, i) => i + 1).filter((b) => b !== 0x2f);
    const program = `import os
for b in [${bytes.join()}]:
  for name in (bytes([b]), bytes([b, b]), b'x' + bytes([b]) + b'y', bytes([0xe2, b]), bytes([0xed, 0xa0, b])):
    if name in (b'.', b'..'): continue
    if os.path.exists(name): continue
    open(name, 'wb').write(name)
    os.makedirs(name + b'.d', exist_ok=True); os.symlink(name, name + b'.d/' + name + b'.l')`;
    sh(from, `python3 -c "${program}"`);
    const { tree, problems } = copyTree(from, to);
    expect([...tree.problems, ...problems]).toEqual([]);
    expect(seenBySystem(to)).toBe(seenBySystem(from));
    // Byte order, not that of UTF-16 units.
    const listed = sh(from, `find . -maxdepth 1 -type f -printf '%P\\0' | LC_ALL=C sort -z`).split('\0').slice(0, -1);
    const ours = tree.order.filter((path) => path !== '' && tree.files.get(path)?.entry.kind === 'file');
    expect(ours).toEqual(listed.map((name) => bytesToText(Buffer.from(name, 'latin1'))));
  });

  it('2,000 folders deep are reached with few open files, on the way in and on the way out', () => {
    sh(
      from,
      `python3 -c "import os\nfor i in range(2000):\n  os.mkdir('level-%05d' % i); open('file', 'w').write(str(i)); os.mkdir('z'); open('z/last', 'w'); os.chdir('level-%05d' % i)"`,
    );
    const before = openFiles();
    const located = driver.locate(from)!;
    using volume = driver.open(located.volume, located.volume.root);
    using recovery = driver.openRecovery(to, { overwrite: 'overwrite' });
    let [most, count, longest] = [0, 0, 0];
    for (const { nodes, problems } of volume.walk(located.path)) {
      expect(problems).toEqual([]);
      for (const node of nodes) {
        const { entry, streams } = node.open();
        recoverFile(recovery, { entry: { ...entry, path: entry.path.slice(located.path.length + 1) }, streams: readStreams(streams) });
        streams.close();
        longest = Math.max(longest, entry.path.length);
        if (count++ % 500 === 0) most = Math.max(most, openFiles());
      }
    }
    expect(recovery.finish()).toEqual([]);
    expect(count).toBe(1 + 2000 * 4);
    expect(longest).toBeGreaterThan(24_000);
    expect(most - before).toBeLessThan(200);
    const list = `find . -printf '%P %m %T+ %s\\0' | LC_ALL=C sort -z | md5sum`;
    expect(sh(to, list)).toBe(sh(from, list));
  });

  it('100,000 in one folder take little memory', () => {
    sh(from, "mkdir many; cd many; python3 -c \"for i in range(100000): open('%032d' % (i * 7919 % 100003), 'w')\"");
    const located = driver.locate(from)!;
    using volume = driver.open(located.volume, located.volume.root);
    globalThis.gc?.();
    const before = process.memoryUsage();
    let [count, most, last] = [0, 0, ''];
    for (const { nodes } of volume.walk(located.path)) {
      if (nodes.length > 512) throw new Error(`a batch of ${nodes.length}`);
      for (const { path, kind } of nodes) {
        if (kind !== 'file') continue;
        if (path <= last) throw new Error(`${path} behind ${last}`);
        last = path;
        count++;
      }
      most = Math.max(most, process.memoryUsage().arrayBuffers - before.arrayBuffers);
    }
    expect(count).toBe(100_000);
    expect(most).toBeLessThan(12 << 20);
  });

  it('that lead in circles are kept as links', () => {
    sh(from, 'ln -s . self; ln -s b a; ln -s a b; mkdir d; ln -s ../d d/d; ln -s / root');
    const { tree } = copyTree(from, to);
    expect(tree.order).toEqual(['', 'a', 'b', 'root', 'self', 'd', 'd/d']);
    expect(seenBySystem(to)).toBe(seenBySystem(from));
  });
});

describe.skipIf(!isLinux)('content (needs Linux)', () => {
  it('of a sparse file of 1 TiB is read in a moment', () => {
    sh(
      from,
      'truncate -s 1T huge; for at in 0 500G 1048575M; do printf data | dd of=huge bs=1 seek=$at conv=notrunc oflag=seek_bytes 2>/dev/null; done',
    );
    // Every byte of it would take longer than a test may.
    const { problems } = copyTree(from, to);
    expect(problems).toEqual([]);
    expect(sh(to, 'stat -c %s,%b huge')).toBe(sh(from, 'stat -c %s,%b huge'));
    const probe =
      'for at in 0 500G 1048575M; do dd if=huge bs=1 count=6 skip=$at iflag=skip_bytes 2>/dev/null | od -c; done; filefrag huge | grep -o "[0-9]* extent"';
    expect(sh(to, probe)).toBe(sh(from, probe));
  });

  it('of a file of 20,000 pieces is read piece by piece', () => {
    sh(
      from,
      `python3 -c "import os\nf = os.open('f', os.O_RDWR | os.O_CREAT)\nfor i in range(20000): os.pwrite(f, b'%08d' % i, i * 65536)\nos.ftruncate(f, 20000 * 65536)"`,
    );
    nodesOf(from, (nodes) => {
      const opened = nodes.get('f')!.open();
      let [blocks, data, end] = [0, 0, -1];
      const piece = new Uint8Array(65_536);
      for (let header = opened.streams.next(); header; header = opened.streams.next()) {
        if (header.id !== StreamId.SPARSE_BLOCK) continue;
        if (blocks < 20_000) {
          expect(header.offset).toBe(blocks * 65_536);
          expect(opened.streams.readInto(piece)).toBe(4096);
          expect(Buffer.from(piece.subarray(0, 8)).toString()).toBe(String(blocks).padStart(8, '0'));
        }
        blocks++;
        data += header.length;
        end = (header.offset ?? 0) + header.length;
      }
      opened.streams.close();
      expect([blocks, data, end]).toEqual([20_001, 20_000 * 4096, 20_000 * 65_536]);
    });
  });

  it('that shrinks is filled up with zeros and a fault says from where', () => {
    sh(from, 'head -c 100000 /dev/zero | tr "\\0" x > f; cp f g');
    nodesOf(from, (nodes) => {
      const opened = nodes.get('f')!.open();
      sh(from, 'truncate -s 5000 f');
      const streams = readStreams(opened.streams);
      expect(opened.entry.size).toBe(100_000);
      expect(Buffer.from(contentOf(streams))).toEqual(Buffer.concat([Buffer.alloc(5000, 'x'), Buffer.alloc(95_000)]));
      expect(opened.streams.faults).toMatchObject([{ kind: 'length-changed', streamNumber: 2, offset: 5000 }]);
      expect(opened.changed()).toBe(true);
      opened.streams.close();
      expect(opened.changed()).toBe(true);
    });
  });

  it('with holes that grows while it is read ends where it did', () => {
    sh(from, 'truncate -s 1M f; printf x | dd of=f bs=1 seek=1044480 conv=notrunc 2>/dev/null');
    nodesOf(from, (nodes) => {
      const opened = nodes.get('f')!.open();
      sh(from, 'head -c 1M /dev/zero | tr "\\0" y >> f');
      const blocks = readStreams(opened.streams).filter(({ header }) => header.id === StreamId.SPARSE_BLOCK);
      opened.streams.close();
      expect(blocks.map(({ header }) => [header.offset, header.length])).toEqual([[1_044_480, 4096], [1_048_576, 0]]); // prettier-ignore
    });
  });

  it('that grows or is rewritten is as long as it was, and counts as changed', () => {
    sh(from, 'printf 0123456789 > f; touch -d 2001-01-01 f');
    nodesOf(from, (nodes) => {
      const opened = nodes.get('f')!.open();
      sh(from, 'printf more >> f; touch -d 2001-01-01 f');
      expect(Buffer.from(contentOf(readStreams(opened.streams))).toString()).toBe('0123456789');
      expect(opened.streams.faults).toEqual([]);
      expect(opened.changed()).toBe(true);
      opened.streams.close();
      const again = nodes.get('f')!.open();
      sh(from, 'printf 98765432101234 | dd of=f conv=notrunc 2>/dev/null; touch -d 2001-01-01 f');
      expect(again.changed()).toBe(true); // same size, same time of last write
      again.streams.close();
    });
  });

  it('that cannot be read is zeros with one fault, and what is behind it is read', () => {
    // The memory of a process as a file: below its first mapping every read fails with EIO.
    const first = parseInt(/^[0-9a-f]+/.exec(readFileSync('/proc/self/maps', 'latin1'))?.[0] ?? '', 16);
    const size = Math.min(first, 1 << 23) + 8192;
    const fd = libc().openat(AT_FDCWD, cString(Buffer.from('/proc/self/mem')), 0, 0);
    const streams = new FileStreams(fd, testEntry('mem', { size }), false, () => undefined);
    const content = contentOf(readStreams(streams, 100_000));
    streams.close();
    expect(content.length).toBe(size);
    expect(streams.faults).toMatchObject([{ kind: 'unreadable', streamNumber: 1, offset: 0 }]);
    expect(streams.faults[0]?.message).toContain('EIO');
    if (first < 1 << 23) expect(Buffer.from(content.subarray(first, first + 4)).toString('latin1')).toBe('\x7fELF');
    expect(content.subarray(0, Math.min(first, 1 << 23)).every((byte) => byte === 0)).toBe(true);
  });

  it('of FIFOs and devices is never waited for or touched', () => {
    sh(from, 'mkfifo fifo; ln -s /dev/tty link');
    if (isRoot) sh(from, 'mknod tty c 5 0; mknod zero c 1 5; mknod loop b 7 0');
    const { tree } = copyTree(from, to);
    expect(tree.problems).toEqual([]);
    expect(seenBySystem(to)).toBe(seenBySystem(from));
  });
});

describe.skipIf(!isLinux)('a tree that changes while it is walked (needs Linux)', () => {
  it('says what vanished or became something else', () => {
    sh(from, 'echo x > gone; echo x > fifo; echo x > link; echo x > folder; ln -s x was-link; echo x > stays');
    nodesOf(from, (nodes) => {
      sh(from, 'rm gone fifo link folder was-link; mkfifo fifo; ln -s /etc/passwd link; mkdir folder; echo x > was-link');
      const codes = ['gone', 'fifo', 'link', 'was-link', 'folder'].map((name) => {
        try {
          nodes.get(name)!.open();
          return 'opened';
        } catch (error) {
          return (error as { code: string }).code;
        }
      });
      expect(codes).toEqual(Array.from({ length: 5 }, () => 'SOURCE_VANISHED'));
      nodes.get('stays')!.open().streams.close();
    });
  });

  it('goes on behind folders that vanished or became links', () => {
    sh(from, 'mkdir a b c d; touch a/1 b/2 c/3 d/4');
    const located = driver.locate(from)!;
    using volume = driver.open(located.volume, located.volume.root);
    const seen: string[] = [];
    const problems: string[] = [];
    for (const batch of volume.walk(located.path)) {
      if (seen.length === 0) sh(from, 'rm -r b; mv c e; ln -s e c');
      seen.push(...batch.nodes.map((node) => node.path.slice(located.path.length + 1)));
      problems.push(...batch.problems.map(({ path, error, effect }) => `${path.slice(located.path.length + 1)} ${error.code} ${effect}`));
    }
    expect(seen).toEqual(['', 'a', 'a/1', 'd', 'd/4']);
    expect(problems).toEqual(['b SOURCE_VANISHED skipped', 'c SOURCE_VANISHED skipped']);
  });

  it('never leaves it through a deep folder that is moved away, and says what is missing', () => {
    const deep = Array.from({ length: 100 }, (_, i) => `d${i}`).join('/');
    sh(from, `mkdir -p ${deep} zz; touch ${deep}/file; mkdir d0/later d0/d1/d2/d3/lost; touch d0/later/x d0/secret zz/x`);
    const located = driver.locate(from)!;
    using volume = driver.open(located.volume, located.volume.root);
    const seen: string[] = [];
    const problems: string[] = [];
    for (const batch of volume.walk(located.path)) {
      if (batch.directory.endsWith('/d99')) sh(from, `mv d0/d1/d2/d3/d4 ${to}/moved; mv d0/d1/d2/d3 d0/d1/d2/renamed; touch ${to}/outside`);
      seen.push(...batch.nodes.map((node) => node.path.slice(located.path.length + 1)));
      problems.push(...batch.problems.map(({ path, effect, error }) => `${path.slice(located.path.length + 1)} ${error.code} ${effect}`));
    }
    expect(seen).toContain('d0/later/x');
    expect(seen).toContain('zz/x');
    expect(seen.filter((path) => path.includes('outside') || path.includes('moved'))).toEqual([]);
    expect(problems).toEqual(['d0/d1/d2/d3 SOURCE_VANISHED skipped']);
  });
});

describe.skipIf(!isRoot)('without rights (needs root, to give them up)', () => {
  /** Everything as a user who owns nothing. */
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

  it('says what could not be read, and reads the rest', () => {
    sh(from, 'chmod 755 .; mkdir closed open; touch closed/x open/y; chmod 700 closed; echo x > secret; chmod 600 secret; echo x > plain');
    const located = driver.locate(from)!;
    asNobody(() => {
      using volume = driver.open(located.volume, located.volume.root);
      const seen: string[] = [];
      for (const { nodes, problems } of volume.walk(located.path)) {
        for (const node of nodes) {
          const name = node.path.slice(located.path.length + 1);
          try {
            node.open().streams.close();
            seen.push(name);
          } catch (error) {
            seen.push(`${name}: ${(error as { code: string }).code}`);
          }
        }
        seen.push(
          ...problems.map(
            ({ path, error, effect }) =>
              `${path.slice(located.path.length + 1)} ${effect}: ${error.code} ${error.hint === undefined ? 'no hint' : 'hint'}`,
          ),
        );
      }
      expect(seen).toEqual([
        '',
        'plain',
        'secret: SOURCE_UNREADABLE',
        'closed',
        'closed skipped: SOURCE_UNREADABLE hint',
        'open',
        'open/y',
      ]);
    });
  });

  it('recovers what it may, and says which owners, devices and attributes it could not set', () => {
    sh(to, 'chmod 777 .');
    asNobody(() => {
      using recovery = driver.openRecovery(to, { overwrite: 'overwrite' });
      const posix = { userId: 5, groupId: 6, mode: 0o100640, xattrs: new Map([['trusted.x', Buffer.from('x')], ['user.x', Buffer.from('y')]]) }; // prettier-ignore
      const result = recoverFile(recovery, testFile('f', 'content', { posix }));
      expect(result?.problems.map(({ effect, error }) => `${effect}: ${error.message}`)).toEqual([
        'incomplete: f: its owner 5 and group 6 could not be set: operation not permitted (EPERM)',
        'incomplete: f: its extended attribute trusted.x could not be set: operation not permitted (EPERM)',
      ]);
      const device = testItem('dev', {
        kind: 'character-device',
        attributes: 0x400,
        posix: { userId: 0, groupId: 0, mode: 0o020600, device: { major: 1, minor: 3 } },
      });
      expect(recoverFile(recovery, device)?.problems.map(({ effect, error }) => [effect, error.code])).toEqual([
        ['skipped', 'RECOVERY_FACT'],
      ]);
      recovery.finish();
    });
    expect(sh(to, 'cat f; stat -c %a f; getfattr -n user.x --only-values f; ls')).toBe('content640\nyf\n');
  });

  it('says with a hint that it may not write', () => {
    sh(to, 'chmod 755 .');
    asNobody(() => {
      using recovery = driver.openRecovery(to, { overwrite: 'overwrite' });
      expect(() => recoverFile(recovery, testFile('f', 'x'))).toThrow(
        expect.objectContaining({ code: 'RECOVERY_IO', hint: expect.stringContaining('root') as string }),
      );
    });
  });
});

const small = mountImage('tmpfs', ['true'], '0', 'size=1m');
afterAll(() => {
  small?.unmount();
});
describe.skipIf(!small)('a recovery target that is full (needs root, to mount one)', () => {
  it('ends in RECOVERY_IO with a hint, and what was half written goes', () => {
    using recovery = driver.openRecovery(small!.folder, { overwrite: 'overwrite' });
    recoverFile(recovery, testFile('fits', 'x'));
    // rights of its own: written at once, not by another thread
    const posix = { userId: 0, groupId: 0, mode: 0o104755 };
    const file = recovery.create(testEntry('big', { size: 2 << 20, posix }))!;
    file.begin({ id: StreamId.DATA, attributes: 0, length: 2 << 20 });
    expect(() => {
      file.write(new Uint8Array(2 << 20));
    }).toThrow(
      expect.objectContaining({
        code: 'RECOVERY_IO',
        message: expect.stringContaining('ENOSPC') as string,
        hint: expect.stringContaining('room') as string,
      }),
    );
    file.abort();
    recovery.finish();
    expect(readTree(driver, small!.folder).order).toEqual(['', 'fits']);
    expect(fileAt(readTree(driver, small!.folder), 'fits').entry.size).toBe(1);
  });

  it('says so with the next file, or at the end, where the content is written by another thread', () => {
    using recovery = driver.openRecovery(small!.folder, { overwrite: 'overwrite' });
    recoverFile(recovery, testFile('big', new Uint8Array(2 << 20)));
    expect(() => recovery.finish()).toThrow(
      expect.objectContaining({ code: 'RECOVERY_IO', message: expect.stringContaining('ENOSPC') as string }),
    );
    expect(readTree(driver, small!.folder).order).toEqual(['', 'fits']);
  });
});

describe.skipIf(!isLinux)('locating (needs Linux)', () => {
  it('takes links in the path for what they point to, and a last one for itself', () => {
    sh(from, 'mkdir -p real/sub; touch real/sub/f; ln -s real alias; ln -s sub real/last');
    const base = driver.locate(from)!;
    const at = (path: string): string =>
      driver.locate(join(from, path.split('/')[0]!) + path.slice(path.split('/')[0]!.length))!.path.slice(base.path.length + 1);
    expect(at('alias/sub/f')).toBe('real/sub/f');
    expect(at('alias/last')).toBe('real/last');
    expect(at('alias/last/f')).toBe('real/sub/f');
    expect(at('alias/last/')).toBe('real/sub');
    expect(at('alias/../alias')).toBe('alias');
    expect(at('real/sub/.')).toBe('real/sub');
    expect(at('real/sub/..')).toBe('real');
    expect(driver.locate(`${from}/alias`)!.kind).toBe('symbolic-link');
    expect(driver.locate('/')).toMatchObject({ path: '', volume: { root: '/' } });
    expect(driver.locate('/proc/self/status')).toMatchObject({ volume: { root: '/proc', fileSystem: 'proc' } });
    expect(driver.locate('relative')).toBeUndefined();
  });
});
