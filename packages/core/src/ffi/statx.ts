import { constants } from 'node:os';
import type { FileKind } from '../facts/file-entry.js';
import { At, EMPTY, libc, Mode, type CPath } from './libc.js';
import { Statx } from './linux.layout.js';

const { EIO } = constants.errno;
const BASIC_AND_BIRTH = 0xfff;
const MOUNT_ID = 0x1000;
const HAS_BIRTH = 0x800;

const at = (field: Parameters<typeof Statx.offsetOf>[0]): number => Statx.offsetOf(field);
const MASK = at('mask');
const LINK_COUNT = at('linkCount');
const USER = at('userId');
const GROUP = at('groupId');
const MODE = at('mode');
const INODE = at('inode');
const SIZE = at('size');
const BLOCKS = at('blocks');
const ACCESSED = at('accessTime');
const BORN = at('birthTime');
const CHANGED = at('changeTime');
const MODIFIED = at('modifyTime');
const RDEV_MAJOR = at('rdevMajor');
const RDEV_MINOR = at('rdevMinor');
const DEV_MAJOR = at('devMajor');
const DEV_MINOR = at('devMinor');
const MOUNT = at('mountId');
const TWO_32 = 0x1_0000_0000;
const SECOND = 1_000_000_000n;

const KINDS: Readonly<Record<number, FileKind>> = {
  [Mode.FILE]: 'file',
  [Mode.DIRECTORY]: 'directory',
  [Mode.LINK]: 'symbolic-link',
  [Mode.FIFO]: 'fifo',
  [Mode.SOCKET]: 'socket',
  [Mode.CHARACTER_DEVICE]: 'character-device',
  [Mode.BLOCK_DEVICE]: 'block-device',
};

/** Which file of the system it is, and in which mount it was found. */
export interface FileIdentity {
  readonly inode: bigint;
  readonly devMajor: number;
  readonly devMinor: number;
  /** Before Linux 5.8 the device, which is the next best. */
  readonly mount: number;
}

export const sameFile = (a: FileIdentity, b: FileIdentity): boolean =>
  a.inode === b.inode && a.devMinor === b.devMinor && a.devMajor === b.devMajor;

/** Enough to see whether a file was changed. */
export interface FileStamp {
  readonly size: number;
  readonly modified: bigint;
  readonly changed: bigint;
}

/**
 * One buffer for statx(2) and the fields of its last answer, read from it when they are asked for: a walk asks for millions of
 * answers and most of their fields never.
 */
export class StatxBuffer {
  readonly bytes = new Uint8Array(Statx.size);
  readonly #view = new DataView(this.bytes.buffer);
  readonly #libc = libc();

  /** A name below an open folder, links not followed. False: {@link LinuxLibc.errno} says why. */
  readName(folder: number, name: CPath): boolean {
    const ask = (): boolean =>
      this.#libc.statx(folder, name, At.SYMLINK_NOFOLLOW | At.NO_AUTOMOUNT, BASIC_AND_BIRTH | MOUNT_ID, this.bytes) === 0;
    // FUSE answers EIO once for a file that has become one of another kind, for example a reparse point.
    return ask() || (this.#libc.errno() === EIO && ask());
  }

  /** An open file. */
  readOpen(fd: number): boolean {
    return this.#libc.statx(fd, EMPTY, At.EMPTY_PATH, BASIC_AND_BIRTH | MOUNT_ID, this.bytes) === 0;
  }

  get kind(): FileKind {
    return KINDS[this.mode & Mode.TYPE] ?? 'file';
  }
  get mode(): number {
    return this.#view.getUint16(MODE, true);
  }
  get linkCount(): number {
    return this.#view.getUint32(LINK_COUNT, true);
  }
  get userId(): number {
    return this.#view.getUint32(USER, true);
  }
  get groupId(): number {
    return this.#view.getUint32(GROUP, true);
  }
  get inode(): bigint {
    return this.#view.getBigUint64(INODE, true);
  }
  get size(): number {
    return this.#u64(SIZE);
  }
  /** Of 512 bytes. */
  get blocks(): number {
    return this.#u64(BLOCKS);
  }
  get accessed(): bigint {
    return this.#time(ACCESSED);
  }
  get modified(): bigint {
    return this.#time(MODIFIED);
  }
  get changed(): bigint {
    return this.#time(CHANGED);
  }
  get born(): bigint | undefined {
    return (this.#view.getUint32(MASK, true) & HAS_BIRTH) !== 0 ? this.#time(BORN) : undefined;
  }
  get device(): { major: number; minor: number } {
    return { major: this.#view.getUint32(RDEV_MAJOR, true), minor: this.#view.getUint32(RDEV_MINOR, true) };
  }
  get devMajor(): number {
    return this.#view.getUint32(DEV_MAJOR, true);
  }
  get devMinor(): number {
    return this.#view.getUint32(DEV_MINOR, true);
  }
  get mount(): number {
    return (this.#view.getUint32(MASK, true) & MOUNT_ID) !== 0 ? this.#u64(MOUNT) : this.devMajor * TWO_32 + this.devMinor;
  }
  identity(): FileIdentity {
    return { inode: this.inode, devMajor: this.devMajor, devMinor: this.devMinor, mount: this.mount };
  }
  stamp(): FileStamp {
    return { size: this.size, modified: this.modified, changed: this.changed };
  }

  #u64(offset: number): number {
    return this.#view.getUint32(offset + 4, true) * TWO_32 + this.#view.getUint32(offset, true);
  }
  #time(offset: number): bigint {
    return this.#view.getBigInt64(offset, true) * SECOND + BigInt(this.#view.getUint32(offset + 8, true));
  }
}
