import { constants as fs } from 'node:fs';
import { bind, lastErrno, loadKoffi } from './load.js';

/** A file name or path as the system has it: bytes, ended by NUL. */
export type CPath = Uint8Array;

/** The C functions of Linux that Node.js lacks. All but `makeNode` answer as C does: -1 for an error, whose number `errno()` gives. */
export interface Libc {
  readonly openat: (folder: number, path: CPath, flags: number, mode: number) => number;
  readonly close: (fd: number) => number;
  readonly statx: (folder: number, path: CPath, flags: number, mask: number, into: Uint8Array) => number;
  readonly getdents64: (fd: number, into: Uint8Array, size: number) => number;
  readonly readlinkat: (folder: number, path: CPath, into: Uint8Array, size: number) => number;
  readonly lseek: (fd: number, offset: number, whence: number) => number;
  readonly pread: (fd: number, into: Uint8Array, size: number, offset: number) => number;
  readonly pwrite: (fd: number, from: Uint8Array, size: number, offset: number) => number;
  readonly ftruncate: (fd: number, size: number) => number;
  readonly flistxattr: (fd: number, into: Uint8Array, size: number) => number;
  readonly fgetxattr: (fd: number, name: CPath, into: Uint8Array, size: number) => number;
  readonly fsetxattr: (fd: number, name: CPath, value: Uint8Array, size: number, flags: number) => number;
  readonly fremovexattr: (fd: number, name: CPath) => number;
  readonly llistxattr: (path: CPath, into: Uint8Array, size: number) => number;
  readonly lgetxattr: (path: CPath, name: CPath, into: Uint8Array, size: number) => number;
  readonly lsetxattr: (path: CPath, name: CPath, value: Uint8Array, size: number, flags: number) => number;
  readonly lremovexattr: (path: CPath, name: CPath) => number;
  readonly mkdirat: (folder: number, path: CPath, mode: number) => number;
  readonly unlinkat: (folder: number, path: CPath, flags: number) => number;
  readonly renameat: (fromFolder: number, from: CPath, toFolder: number, to: CPath) => number;
  readonly linkat: (fromFolder: number, from: CPath, toFolder: number, to: CPath, flags: number) => number;
  readonly symlinkat: (target: CPath, folder: number, path: CPath) => number;
  readonly mkfifoat: (folder: number, path: CPath, mode: number) => number;
  readonly fchown: (fd: number, userId: number, groupId: number) => number;
  readonly fchownat: (folder: number, path: CPath, userId: number, groupId: number, flags: number) => number;
  readonly fchmod: (fd: number, mode: number) => number;
  readonly fchmodat: (folder: number, path: CPath, mode: number, flags: number) => number;
  readonly futimens: (fd: number, times: Uint8Array) => number;
  readonly utimensat: (folder: number, path: CPath, times: Uint8Array, flags: number) => number;
}

/** The functions, and what some C libraries lack or call otherwise. */
export interface LinuxLibc extends Libc {
  /** The number of the last error, asked right after the call that failed. */
  readonly errno: () => number;
  /** mknodat(2), 0 or -1. */
  readonly makeNode: (folder: number, path: CPath, mode: number, major: number, minor: number) => number;
}

const DECLARATIONS: Readonly<Record<keyof Libc, string>> = {
  openat: 'int openat(int, const uint8_t *, int, uint32_t)',
  close: 'int close(int)',
  statx: 'int statx(int, const uint8_t *, int, uint32_t, uint8_t *)',
  getdents64: 'int64_t getdents64(int, uint8_t *, uint64_t)',
  readlinkat: 'int64_t readlinkat(int, const uint8_t *, uint8_t *, uint64_t)',
  lseek: 'int64_t lseek(int, int64_t, int)',
  pread: 'int64_t pread(int, uint8_t *, uint64_t, int64_t)',
  pwrite: 'int64_t pwrite(int, const uint8_t *, uint64_t, int64_t)',
  ftruncate: 'int ftruncate(int, int64_t)',
  flistxattr: 'int64_t flistxattr(int, uint8_t *, uint64_t)',
  fgetxattr: 'int64_t fgetxattr(int, const uint8_t *, uint8_t *, uint64_t)',
  fsetxattr: 'int fsetxattr(int, const uint8_t *, const uint8_t *, uint64_t, int)',
  fremovexattr: 'int fremovexattr(int, const uint8_t *)',
  llistxattr: 'int64_t llistxattr(const uint8_t *, uint8_t *, uint64_t)',
  lgetxattr: 'int64_t lgetxattr(const uint8_t *, const uint8_t *, uint8_t *, uint64_t)',
  lsetxattr: 'int lsetxattr(const uint8_t *, const uint8_t *, const uint8_t *, uint64_t, int)',
  lremovexattr: 'int lremovexattr(const uint8_t *, const uint8_t *)',
  mkdirat: 'int mkdirat(int, const uint8_t *, uint32_t)',
  unlinkat: 'int unlinkat(int, const uint8_t *, int)',
  renameat: 'int renameat(int, const uint8_t *, int, const uint8_t *)',
  linkat: 'int linkat(int, const uint8_t *, int, const uint8_t *, int)',
  symlinkat: 'int symlinkat(const uint8_t *, int, const uint8_t *)',
  mkfifoat: 'int mkfifoat(int, const uint8_t *, uint32_t)',
  fchown: 'int fchown(int, uint32_t, uint32_t)',
  fchownat: 'int fchownat(int, const uint8_t *, uint32_t, uint32_t, int)',
  fchmod: 'int fchmod(int, uint32_t)',
  fchmodat: 'int fchmodat(int, const uint8_t *, uint32_t, int)',
  futimens: 'int futimens(int, const uint8_t *)',
  utimensat: 'int utimensat(int, const uint8_t *, const uint8_t *, int)',
};

/** dev_t as the C library packs it. */
const packDevice = (major: number, minor: number): bigint => {
  const [a, b] = [BigInt(major), BigInt(minor)];
  return ((a & 0xfffn) << 8n) | (b & 0xffn) | ((b & ~0xffn) << 12n) | ((a & ~0xfffn) << 32n);
};

function bindMakeNode(): LinuxLibc['makeNode'] {
  const library = loadKoffi().load(null);
  try {
    const mknodat = library.func('int mknodat(int, const uint8_t *, uint32_t, uint64_t)');
    return (folder, path, mode, major, minor) => mknodat(folder, path, mode, packDevice(major, minor)) as number;
  } catch (error) {
    // glibc before 2.33 has it under another name only, with the device behind a pointer
    if (!(error instanceof Error)) throw error;
    const xmknodat = library.func('int __xmknodat(int, int, const uint8_t *, uint32_t, const uint64_t *)');
    return (folder, path, mode, major, minor) => xmknodat(0, folder, path, mode, [packDevice(major, minor)]) as number;
  }
}

/** musl calls it getdents, with the same structure. */
function bindGetdents(): Libc['getdents64'] {
  try {
    return bind<Pick<Libc, 'getdents64'>>({ getdents64: DECLARATIONS.getdents64 }).getdents64;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return bind<{ getdents: Libc['getdents64'] }>({ getdents: DECLARATIONS.getdents64.replace('getdents64', 'getdents') }).getdents;
  }
}

let functions: LinuxLibc | undefined;

/** The C library, bound on first use. */
export function libc(): LinuxLibc {
  const { getdents64: _, ...everywhere } = DECLARATIONS;
  functions ??= { ...bind<Omit<Libc, 'getdents64'>>(everywhere), getdents64: bindGetdents(), errno: lastErrno, makeNode: bindMakeNode() };
  return functions;
}

export const AT_FDCWD = -100;
export const At = { SYMLINK_NOFOLLOW: 0x100, REMOVEDIR: 0x200, NO_AUTOMOUNT: 0x800, EMPTY_PATH: 0x1000 } as const;

/** open(2) flags; some differ between processors, so that Node.js is asked. */
export const Open = {
  RDONLY: fs.O_RDONLY,
  WRONLY: fs.O_WRONLY,
  CREAT: fs.O_CREAT,
  EXCL: fs.O_EXCL,
  NONBLOCK: fs.O_NONBLOCK,
  DIRECTORY: fs.O_DIRECTORY,
  NOFOLLOW: fs.O_NOFOLLOW,
  NOATIME: fs.O_NOATIME,
  CLOEXEC: 0o2000000,
  PATH: 0o10000000,
} as const;

export const Mode = {
  TYPE: fs.S_IFMT,
  SOCKET: fs.S_IFSOCK,
  LINK: fs.S_IFLNK,
  FILE: fs.S_IFREG,
  BLOCK_DEVICE: fs.S_IFBLK,
  DIRECTORY: fs.S_IFDIR,
  CHARACTER_DEVICE: fs.S_IFCHR,
  FIFO: fs.S_IFIFO,
  PERMISSIONS: 0o7777,
} as const;

export const Seek = { DATA: 3, HOLE: 4 } as const;

/** The path '' as C has it: the open file itself, with {@link At.EMPTY_PATH}. */
export const EMPTY: CPath = new Uint8Array(1);
export const DOT_DOT: CPath = Uint8Array.of(0x2e, 0x2e, 0);

/** Bytes as a C string. */
export function cString(bytes: Uint8Array): CPath {
  const out = new Uint8Array(bytes.length + 1);
  out.set(bytes);
  return out;
}
