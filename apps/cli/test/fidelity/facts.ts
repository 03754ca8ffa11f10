import { execFileSync } from 'node:child_process';

/** One fact of a file: how the system's own programs set it, and how they see it. Winback takes no part in either. */
export interface Fact {
  /** The row of the table. */
  readonly name: string;
  /** Volumes that can have it by themselves. */
  readonly of: 'posix' | 'ntfs' | 'both';
  /** The file that has it, below the source folder. */
  readonly path: string;
  /** A shell script, run in the source folder, that makes the file with its fact. */
  readonly set: string;
  /** A shell script, run in a folder, whose output is the fact; what it prints on stderr does not count. */
  readonly see: string;
}

const QUIET = { stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'], encoding: 'latin1' as const, maxBuffer: 1 << 26 };

/** Runs a script in a folder and answers what it prints; a failing command prints nothing. */
export function sh(folder: string, script: string): string {
  try {
    return execFileSync('bash', ['-c', script], { cwd: folder, ...QUIET });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return '';
  }
}

/** The same for scripts that must succeed. */
const mustRun = (folder: string, script: string): void => {
  execFileSync('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, ...QUIET });
};

const xattr = (path: string, name: string): string => `getfattr -h --absolute-names -e hex -n ${name} '${path}' | tail -n +2`;
const stat = (path: string, format: string): string => `stat -c '${format}' '${path}'`;

const posixFile = (name: string, path: string, set: string, see: string): Fact => ({
  name,
  of: 'posix',
  path,
  set: `echo content > '${path}'; ${set}`,
  see,
});

const ntfsFile = (name: string, path: string, set: string, see: string): Fact => ({ ...posixFile(name, path, set, see), of: 'ntfs' });

const both: readonly Fact[] = [
  { name: 'content', of: 'both', path: 'content', set: 'seq 100000 > content', see: 'sha256sum < content' },
  { name: 'content of an empty file', of: 'both', path: 'empty', set: ': > empty', see: stat('empty', '%s %F') },
  {
    name: 'holes',
    of: 'both',
    path: 'holes',
    set: 'truncate -s 8M holes; printf x | dd of=holes bs=1 seek=4194304 conv=notrunc status=none',
    see: `sha256sum < holes; test $(stat -c %b holes) -lt 1000 && echo few blocks`,
  },
  { name: 'name of 255 characters', of: 'both', path: 'n'.repeat(255), set: `echo x > ${'n'.repeat(255)}`, see: `cat ${'n'.repeat(255)}` },
  { name: 'name outside of Latin', of: 'both', path: '日本 🦆 é', set: "echo x > '日本 🦆 é'", see: "cat '日本 🦆 é'" },
  {
    name: 'name that Windows refuses',
    of: 'both',
    path: 'a|b<c>?.',
    set: "echo x > 'a|b<c>?.'",
    see: "cat 'a|b<c>?.'",
  },
  {
    name: 'hard links',
    of: 'both',
    path: 'link 2',
    set: "echo x > 'link 1'; ln 'link 1' 'link 2'",
    see: `test 'link 1' -ef 'link 2' && echo same; ${stat('link 1', '%h')}`,
  },
  {
    name: 'time of last write, to 100 ns',
    of: 'both',
    path: 'written',
    set: "echo x > written; touch -m -d '2001-02-03T04:05:06.1234567Z' written",
    see: stat('written', '%y'),
  },
  {
    name: 'time of last access',
    of: 'both',
    path: 'accessed',
    set: "echo x > accessed; touch -a -d '2002-02-03T04:05:06.5Z' accessed",
    see: stat('accessed', '%x'),
  },
  {
    name: 'time of last write of a folder',
    of: 'both',
    path: 'folder',
    set: "mkdir folder; echo x > folder/x; touch -m -d '2003-02-03T04:05:06.1Z' folder",
    see: stat('folder', '%y %F'),
  },
];

const posix: readonly Fact[] = [
  posixFile(
    'time of last write, to 1 ns',
    'written ns',
    "touch -m -d '2001-02-03T04:05:06.123456789Z' 'written ns'",
    stat('written ns', '%y'),
  ),
  posixFile('owner and group', 'owned', 'chown 12345:54321 owned', stat('owned', '%u:%g')),
  posixFile('permission bits', 'mode', 'chmod 0640 mode', stat('mode', '%a')),
  posixFile('set-user-ID, set-group-ID, sticky', 'special bits', "chmod 7755 'special bits'", stat('special bits', '%a')),
  posixFile('extended attribute (user)', 'user xattr', "setfattr -n user.colour -v red 'user xattr'", xattr('user xattr', 'user.colour')),
  posixFile(
    'extended attribute (trusted)',
    'trusted xattr',
    "setfattr -n trusted.x -v y 'trusted xattr'",
    xattr('trusted xattr', 'trusted.x'),
  ),
  posixFile(
    'file capability',
    'capability',
    'setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 capability',
    xattr('capability', 'security.capability'),
  ),
  posixFile('POSIX access ACL', 'acl', 'setfacl -m u:12345:r acl', 'getfacl -n --omit-header acl'),
  {
    name: 'POSIX default ACL',
    of: 'posix',
    path: 'default acl',
    set: "mkdir 'default acl'; setfacl -d -m u:12345:rwx 'default acl'",
    see: "getfacl -n --omit-header 'default acl'",
  },
  { name: 'name that is no text', of: 'posix', path: '\udcff\udcfe', set: `echo x > $'\\xff\\xfe'`, see: `cat $'\\xff\\xfe'` },
  { name: 'symbolic link', of: 'posix', path: 'symlink', set: 'ln -s ../some/where symlink', see: 'readlink symlink' },
  {
    name: 'owner and time of a symbolic link',
    of: 'posix',
    path: 'owned symlink',
    set: "ln -s x 'owned symlink'; chown -h 7:8 'owned symlink'; touch -h -d '2004-02-03T04:05:06.7Z' 'owned symlink'",
    see: stat('owned symlink', '%u:%g %y'),
  },
  { name: 'FIFO', of: 'posix', path: 'fifo', set: 'mkfifo fifo', see: stat('fifo', '%F') },
  {
    name: 'socket',
    of: 'posix',
    path: 'socket',
    set: `python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('socket')"`,
    see: stat('socket', '%F'),
  },
  { name: 'character device', of: 'posix', path: 'character', set: 'mknod character c 5 300', see: stat('character', '%F %t:%T') },
  { name: 'block device', of: 'posix', path: 'block', set: 'mknod block b 7 65', see: stat('block', '%F %t:%T') },
];

const attribute = (name: string, bits: number): Fact => {
  const path = `attribute ${name}`;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(bits);
  const set = `setfattr -h -n system.ntfs_attrib -v 0x${bytes.toString('hex')} '${path}'`;
  return ntfsFile(`attribute ${name}`, path, set, xattr(path, 'system.ntfs_attrib'));
};

const reparse = (tag: number, data: Buffer, guid = Buffer.alloc(0)): string => {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(tag);
  head.writeUInt16LE(data.length, 4);
  return `0x${Buffer.concat([head, guid, data]).toString('hex')}`;
};

const mountPoint = (substitute: string, print: string): Buffer => {
  const names = Buffer.from(`${substitute}\0${print}\0`, 'utf16le');
  const head = Buffer.alloc(8);
  head.writeUInt16LE(substitute.length * 2, 2);
  head.writeUInt16LE(substitute.length * 2 + 2, 4);
  head.writeUInt16LE(print.length * 2, 6);
  return Buffer.concat([head, names]);
};

const symlink = (target: string, relative: boolean): Buffer => {
  const plain = mountPoint(target, target);
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(relative ? 1 : 0);
  return Buffer.concat([plain.subarray(0, 8), flags, plain.subarray(8)]);
};

const reparsePoint = (name: string, path: string, make: string, value: string): Fact => ({
  name,
  of: 'ntfs',
  path,
  set: `${make} '${path}'; setfattr -h -n system.ntfs_reparse_data -v ${value} '${path}'`,
  see: xattr(path, 'system.ntfs_reparse_data'),
});

const LARGE_STREAM = 'large stream';

/** What the mount option efs_raw shows of the $EFS attribute. */
const EFS_INFO = 'user.ntfs.efsinfo';

/** No keys that open anything: NTFS wants no more of them than that they tell their length. */
function efsMetadata(): string {
  const metadata = Buffer.alloc(100, 0x5a);
  metadata.writeUInt32LE(metadata.length);
  return `0x${metadata.toString('hex')}`;
}

const ntfs: readonly Fact[] = [
  attribute('read-only', 0x21),
  attribute('hidden', 0x22),
  attribute('system', 0x24),
  attribute('not archive', 0x80),
  attribute('temporary', 0x120),
  attribute('offline', 0x1020),
  attribute('not content indexed', 0x2020),
  {
    name: 'attribute compressed of a folder',
    of: 'ntfs',
    path: 'compressed folder',
    set: "mkdir 'compressed folder'; setfattr -h -n system.ntfs_attrib -v 0x00080000 'compressed folder'",
    see: xattr('compressed folder', 'system.ntfs_attrib'),
  },
  ntfsFile(
    'time of creation',
    'created',
    'setfattr -h -n system.ntfs_crtime -v 0x0180c1f2d7a6c101 created',
    xattr('created', 'system.ntfs_crtime'),
  ),
  ntfsFile(
    'security descriptor',
    'secured',
    `setfattr -h -n system.ntfs_acl -v ${securityDescriptor()} secured`,
    xattr('secured', 'system.ntfs_acl'),
  ),
  ntfsFile(
    'short name',
    'A long name.text',
    "setfattr -h -n system.ntfs_dos_name -v 'ALONGN~7.TXT' 'A long name.text'",
    xattr('A long name.text', 'system.ntfs_dos_name'),
  ),
  ntfsFile(
    'object id',
    'object id',
    "setfattr -h -n system.ntfs_object_id -v 0x0102030405060708090a0b0c0d0e0f10 'object id'",
    xattr('object id', 'system.ntfs_object_id'),
  ),
  ntfsFile(
    'extended attributes',
    'with EAs',
    "setfattr -h -n system.ntfs_ea -v 0x1400000000030500464f4f0076616c7565000000 'with EAs'",
    // Others may have come to it: those that carry what POSIX knows.
    `${xattr('with EAs', 'system.ntfs_ea')} | grep -o 00030500464f4f0076616c7565`,
  ),
  ntfsFile(
    'alternate stream',
    'with stream',
    "setfattr -n user.Zone.Identifier -v '[ZoneTransfer]' 'with stream'",
    xattr('with stream', 'user.Zone.Identifier'),
  ),
  {
    name: 'alternate stream of a folder',
    of: 'ntfs',
    path: 'folder with stream',
    set: "mkdir 'folder with stream'; setfattr -n user.note -v text 'folder with stream'",
    see: xattr('folder with stream', 'user.note'),
  },
  ntfsFile(
    'alternate stream of 60,000 bytes',
    LARGE_STREAM,
    `head -c 60000 /dev/zero | tr '\\0' x > ../value; setfattr -n user.large -v "$(cat ../value)" '${LARGE_STREAM}'; rm ../value`,
    `${xattr(LARGE_STREAM, 'user.large')} | sha256sum`,
  ),
  {
    name: 'encrypted content (EFS) and its keys',
    of: 'ntfs',
    path: 'encrypted',
    set: `seq 200 | head -c 512 > encrypted; printf '\\014\\000' >> encrypted; setfattr -n ${EFS_INFO} -v ${efsMetadata()} encrypted`,
    see: `sha256sum < encrypted; ${xattr('encrypted', EFS_INFO)}; ${xattr('encrypted', 'system.ntfs_attrib')}`,
  },
  reparsePoint('junction', 'junction', 'mkdir', reparse(0xa000_0003, mountPoint('\\??\\C:\\somewhere', 'C:\\somewhere'))),
  reparsePoint('symbolic link of Windows', 'windows link', 'touch', reparse(0xa000_000c, symlink('some\\where', true))),
  reparsePoint('symbolic link of Windows, to a folder', 'windows folder link', 'mkdir', reparse(0xa000_000c, symlink('C:\\some', false))),
  reparsePoint('symbolic link of WSL', 'wsl link', 'touch', reparse(0xa000_001d, Buffer.from('\x02\0\0\0some/where', 'latin1'))),
  reparsePoint('reparse point of another tag', 'cloud file', 'touch', reparse(0x9000_401a, Buffer.from('some cloud’s own data'))),
  reparsePoint('reparse point of a third party', 'third party', 'touch', reparse(0x0000_0123, Buffer.from('data'), Buffer.alloc(16, 7))),
];

function securityDescriptor(): string {
  const sid = (...sub: number[]): Buffer => {
    const out = Buffer.alloc(8 + sub.length * 4);
    out.set([1, sub.length, 0, 0, 0, 0, 0, 5]);
    sub.forEach((value, i) => out.writeUInt32LE(value, 8 + i * 4));
    return out;
  };
  const ace = (type: number, flags: number, mask: number, who: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.set([type, flags]);
    head.writeUInt16LE(8 + who.length, 2);
    head.writeUInt32LE(mask, 4);
    return Buffer.concat([head, who]);
  };
  const acl = (...aces: Buffer[]): Buffer => {
    const head = Buffer.alloc(8);
    head[0] = 2;
    head.writeUInt16LE(8 + aces.reduce((sum, a) => sum + a.length, 0), 2);
    head.writeUInt16LE(aces.length, 4);
    return Buffer.concat([head, ...aces]);
  };
  const owner = sid(21, 1, 2, 3, 1001);
  const group = sid(21, 1, 2, 3, 513);
  const sacl = acl(ace(2, 0xc0, 0x1f01ff, sid(32, 545)));
  const dacl = acl(ace(1, 0, 0x116, sid(32, 546)), ace(0, 3, 0x1f01ff, sid(32, 544)));
  const head = Buffer.alloc(20);
  head[0] = 1;
  head.writeUInt16LE(0x8000 | 0x1000 | 0x14, 2);
  [owner, group, sacl, dacl].reduce((at, part, i) => (head.writeUInt32LE(at, 4 + i * 4), at + part.length), 20);
  return `0x${Buffer.concat([head, owner, group, sacl, dacl]).toString('hex')}`;
}

export const FACTS: readonly Fact[] = [...both, ...posix, ...ntfs];

/** Makes every file of a kind of volume. */
export function makeSource(folder: string, facts: readonly Fact[]): void {
  for (const { name, set } of facts) {
    try {
      mustRun(folder, set);
    } catch (error) {
      throw new TypeError(`the source of “${name}” cannot be made`, { cause: error });
    }
  }
}
