import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileAttribute } from '../../src/facts/index.js';
import { fileAt, readTree, recoverFile, recoverTree, testFile, testItem } from '../../src/testing/index.js';
import { copyTree, driver, isLinux, isRoot, makeFolder, removeFolder, seenBySystem, sh } from './linux.js';

let from = '';
let to = '';
beforeEach(() => {
  [from, to] = [makeFolder(), makeFolder()];
});
afterEach(() => {
  removeFolder(from);
  removeFolder(to);
});

/** Copies `from` to `to` and lets the system's own tools compare them. */
function expectSame(): void {
  const { tree, problems } = copyTree(from, to);
  expect([...tree.problems, ...problems].map(({ error }) => error.message)).toEqual([]);
  const accessed = `find . -type f -printf '%P|%A+\\0' | sort -z`; // before cmp reads them
  expect(sh(to, accessed)).toBe(sh(from, accessed));
  expect(seenBySystem(to)).toBe(seenBySystem(from));
  sh(from, `find . -type f -print0 | while IFS= read -rd '' f; do cmp "$f" "${to}/$f"; done`);
}

describe.skipIf(!isLinux)('facts, as stat, find, getfattr and cmp see them (needs Linux)', () => {
  it('modes and times of every kind', () => {
    sh(
      from,
      `for m in 0644 0600 0755 4755 2755 6711 0000 7777; do echo $m > f$m; chmod $m f$m; mkdir d$m; chmod $m d$m; done
       mkfifo -m 0620 fifo; ln -s 'to nowhere' link; python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('sock')" || true
       mkdir -p a/b/c; echo x > a/b/c/x
       touch -d 1969-12-31T23:59:59.999999999Z a/b/c/x; touch -d 2038-01-19T03:14:08.000000001Z a/b/c
       touch -hd 2001-02-03T04:05:06.700000008Z link fifo; touch -d 1999-01-01 a/b a; touch -ad 1980-01-01T00:00:00.5 a/b/c/x`,
    );
    const accessed = sh(from, 'stat -c %x a/b/c/x');
    readTree(driver, from);
    expect(sh(from, 'stat -c %x a/b/c/x')).toBe(accessed); // reading changes nothing
    expect(accessed).toMatch(/^1980/);
    expectSame();
  });

  it.skipIf(!isRoot)('owners, devices and capabilities (needs root)', () => {
    sh(
      from,
      `for i in 1 65534 4294967294; do echo $i > f$i; chown $i:$((i - 1)) f$i; chmod 6755 f$i; mkdir d$i; chown $i:7 d$i; ln -s x l$i; chown -h $i:3 l$i; done
       mknod -m 600 char c 1 3; mknod -m 660 block b 7 200; mknod wide c 511 1048575; chown 5:6 char wide; touch -d 2000-01-01 char
       cp /bin/true capable; chown 1000:1000 capable
       setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 capable
       setfattr -n trusted.secret -v value capable; setfattr -hn trusted.link -v target l1`,
    );
    expectSame();
    expect(sh(to, 'stat -c %t:%T char block wide')).toBe('1:3\n7:c8\n1ff:fffff\n');
    expect(sh(to, 'getfattr -d -m security -e hex capable')).toContain('security.capability=0x01000002');
  });

  it('extended attributes with any bytes, of files and folders', () => {
    sh(
      from,
      `echo x > f; mkdir d
       for t in f d; do setfattr -n user.text -v text $t; setfattr -n user.empty $t; setfattr -n user.bin -v 0x00ff00 $t; setfattr -n user."$(printf 'n\\xff\\xe9')" -v 1 $t; done
       setfattr -n user.large -v 0x$(head -c 1500 /dev/urandom | od -An -vtx1 | tr -d ' \\n') f; chmod 444 f; chmod 555 d`,
    );
    expectSame();
  });

  it('access control lists, and their absence under a folder that has a default one', () => {
    // u::rwx u:1234:rwx g::r-x m::rwx o::---
    const acl = '0x02000000010007ffffffffff02000700d204000004000500ffffffff10000700ffffffff20000000ffffffff'.replace(
      '07ffffffffff',
      '0700ffffffff',
    );
    sh(
      from,
      `mkdir d; echo x > plain; echo x > d/with; setfattr -n system.posix_acl_access -v ${acl} d/with; setfattr -n system.posix_acl_default -v ${acl} d; chmod 640 plain`,
    );
    sh(to, `setfattr -n system.posix_acl_default -v ${acl} .`);
    const { problems } = copyTree(from, to, 'skip');
    expect(problems).toEqual([]);
    sh(to, 'setfattr -x system.posix_acl_default .');
    const list = 'getfattr -R -d -m - -e hex d plain; stat -c "%n %a" d d/with plain';
    expect(sh(to, list)).toBe(sh(from, list));
  });

  it('hard links across folders, also of a link', () => {
    sh(from, 'mkdir -p a b/c; echo x > a/one; ln a/one b/c/two; ln a/one three; ln -s t a/l; ln a/l b/l');
    const tree = readTree(driver, from);
    const seen = new Map<bigint, string>();
    const files = tree.order.map((path) => {
      const file = fileAt(tree, path);
      const first = file.entry.kind === 'directory' ? undefined : seen.get(file.entry.fileId ?? -1n);
      if (first === undefined) seen.set(file.entry.fileId ?? -1n, path);
      return first === undefined ? file : { entry: { ...file.entry, linkTo: first }, streams: [] };
    });
    expect(recoverTree(driver, to, files)).toEqual([]);
    expect(seenBySystem(to)).toBe(seenBySystem(from));
    expect(sh(to, 'test three -ef a/one && test b/c/two -ef three && stat -c %h a/l b/l three')).toBe('2\n2\n3\n');
  });

  it('overwritten files lose what they had before, and keep their other hard links as they were', () => {
    sh(from, 'echo new > f; mkdir d');
    sh(to, 'echo old > f; ln f other; chmod 6777 f; setfattr -n user.old -v x f; mkdir d; setfattr -n user.old -v x d');
    const { problems } = copyTree(from, to);
    expect(problems).toEqual([]);
    expect(sh(to, 'cat f other; getfattr f d; stat -c %h,%a f')).toBe('new\nold\n1,644\n');
  });

  it('a file without POSIX facts gets what the umask leaves, and READONLY takes the right to write', () => {
    const umask = process.umask(0o027);
    try {
      const READONLY = FileAttribute.READONLY | FileAttribute.ARCHIVE;
      recoverTree(driver, to, [testItem('d'), testFile('d/f', 'x'), testFile('d/ro', 'x', { attributes: READONLY })]);
    } finally {
      process.umask(umask);
    }
    expect(sh(to, 'stat -c %a d d/f d/ro')).toBe('750\n640\n440\n');
  });

  it('is private while it is written', () => {
    using recovery = driver.openRecovery(to, { overwrite: 'overwrite' });
    recoverFile(recovery, testItem('d', { posix: { userId: 0, groupId: 0, mode: 0o040755 } }));
    recoverFile(recovery, testFile('d/x', 'x'));
    expect(sh(to, 'stat -c %a d')).toBe('700\n');
    const { entry, streams } = testFile('f', 'secret', { posix: { userId: 0, groupId: 0, mode: 0o100666 } });
    const file = recovery.create(entry);
    for (const { header, data } of streams) {
      file?.begin(header);
      file?.write(data);
    }
    expect(sh(to, 'stat -c %a f')).toBe('600\n');
    file?.commit();
    expect(sh(to, 'stat -c %a f d')).toBe('666\n755\n');
  });
});
