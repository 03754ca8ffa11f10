import { closeSync, constants, openSync } from 'node:fs';
import { bytesToText, describeErrno, SnapshotError, textToBytes } from '@winback/core';
import { ioctl, ioctlNumber } from '../ffi/ioctl.js';
import { BtrfsInoLookupUser, BtrfsRootref, BtrfsSubvolRootref, BtrfsVolArgs, BtrfsVolArgsV2, ROOTREF_COUNT } from './btrfs.layout.js';

const MAGIC = 0x94;
const SNAP_DESTROY = ioctlNumber('WRITE', MAGIC, 15, BtrfsVolArgs.size);
const SNAP_CREATE_V2 = ioctlNumber('WRITE', MAGIC, 23, BtrfsVolArgsV2.size);
const GET_SUBVOL_ROOTREF = ioctlNumber('READ_WRITE', MAGIC, 61, BtrfsSubvolRootref.size);
const INO_LOOKUP_USER = ioctlNumber('READ_WRITE', MAGIC, 62, BtrfsInoLookupUser.size);
const SUBVOL_RDONLY = 2n;
const EOVERFLOW = 75;

/** The inode number of every subvolume's root. */
export const SUBVOLUME_ROOT_INODE = 256n;

const field = (text: string, size: number): Uint8Array => {
  const out = new Uint8Array(size);
  out.set(textToBytes(text));
  return out;
};
const cText = (bytes: Uint8Array): string => bytesToText(bytes.subarray(0, Buffer.from(bytes).indexOf(0)));

function withFolder<T>(path: string, work: (fd: number) => T): T {
  const fd = openSync(Buffer.from(textToBytes(path)), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

function failed(what: string, errno: number): SnapshotError {
  return new SnapshotError('SNAPSHOT_FAILED', `${what}: ${describeErrno(errno)}`, { errno }, { hint: HINT });
}
const HINT = 'free space or correct what is named, or read the files as they are with --no-snapshot';

/** Makes a read-only snapshot of a subvolume as `folder`/`name`, with all data that programs have written so far. @throws SNAPSHOT_FAILED */
export function createReadOnlySnapshot(subvolume: string, folder: string, name: string): void {
  withFolder(subvolume, (source) => {
    withFolder(folder, (parent) => {
      const args = BtrfsVolArgsV2.encode(BtrfsVolArgsV2.create({ fd: BigInt(source), flags: SUBVOL_RDONLY, name: field(name, 0xfc8) }));
      const errno = ioctl(parent, SNAP_CREATE_V2, args);
      if (errno !== 0) throw failed(`${subvolume}: btrfs made no snapshot`, errno);
    });
  });
}

/** Deletes the subvolume `folder`/`name` with all that it holds. @throws SNAPSHOT_FAILED */
export function deleteSubvolume(folder: string, name: string): void {
  withFolder(folder, (parent) => {
    const errno = ioctl(parent, SNAP_DESTROY, BtrfsVolArgs.encode(BtrfsVolArgs.create({ name: field(name, 0xff8) })));
    if (errno !== 0) throw failed(`${folder}/${name}: btrfs did not delete the snapshot`, errno);
  });
}

/** Paths, from the subvolume's root, of subvolumes directly inside of it: in a snapshot their folders are empty. @throws SNAPSHOT_FAILED */
export function nestedSubvolumes(subvolume: string): string[] {
  return withFolder(subvolume, (fd) => {
    const found: string[] = [];
    for (let minTreeId = 0n; ;) {
      const bytes = BtrfsSubvolRootref.encode(BtrfsSubvolRootref.create({ minTreeId }));
      const errno = ioctl(fd, GET_SUBVOL_ROOTREF, bytes);
      if (errno !== 0 && errno !== EOVERFLOW) throw failed(`${subvolume}: btrfs did not list nested subvolumes`, errno);
      const answer = BtrfsSubvolRootref.decode(bytes);
      for (let i = 0; i < Math.min(answer.count, ROOTREF_COUNT); i++) {
        const { treeId, directoryId } = BtrfsRootref.decode(answer.rootrefs, i * BtrfsRootref.size);
        found.push(pathOf(fd, directoryId, treeId));
      }
      if (errno === 0) return found;
      minTreeId = answer.minTreeId;
    }
  });
}

function pathOf(fd: number, directoryId: bigint, treeId: bigint): string {
  const bytes = BtrfsInoLookupUser.encode(BtrfsInoLookupUser.create({ directoryId, treeId }));
  if (ioctl(fd, INO_LOOKUP_USER, bytes) !== 0) return `subvolume ${String(treeId)}`; // deleted meanwhile, or in a folder we may not see
  const { name, path } = BtrfsInoLookupUser.decode(bytes);
  return cText(path) + cText(name);
}
