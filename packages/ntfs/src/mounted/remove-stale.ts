import { constants } from 'node:os';
import { textToBytes, type FileEntry } from '@winback/core';
import { cString, libc, readXattrs, type RecoveredFile } from '@winback/core/linux';
import { alternatePath, splitNames, type StreamsInterface } from './alternate-streams.js';
import { getNtfsXattr, NtfsXattr, removeNtfsXattr } from './ntfs-xattrs.js';

const { ENODATA, ENOENT } = constants.errno;
const USER = 'user.';

/** Takes away what a folder that was there before has, and its record does not. Answers what stayed, in words. */
export function removeStale(
  folder: RecoveredFile,
  entry: FileEntry,
  alternates: ReadonlyMap<string, Uint8Array>,
  shownAs: StreamsInterface,
): readonly { readonly fact: string; readonly errno: number }[] {
  const stayed: { readonly fact: string; readonly errno: number }[] = [];
  const done = (removed: boolean, fact: string): void => {
    const errno = libc().errno();
    if (!removed && errno !== ENODATA && errno !== ENOENT) stayed.push({ fact: `the absence of ${fact}`, errno });
  };
  const remove = (name: string, fact: string): void => {
    if (getNtfsXattr(folder.xattrs, name, () => undefined)) done(removeNtfsXattr(folder.xattrs, name), fact);
  };
  if (!entry.posix && !entry.extendedAttributes?.length) remove(NtfsXattr.EA, 'its extended attributes');
  if (!entry.objectId) remove(NtfsXattr.OBJECT_ID, 'its object id');
  for (const name of alternatesOf(folder, shownAs)) {
    // What is written as a file would keep the end of a longer one; the root's streams cannot even be cut.
    if (alternates.has(name) && shownAs === 'xattr') continue;
    const stream = alternatePath(new Uint8Array(), name);
    const removed = shownAs === 'windows' ? libc().unlinkat(folder.fd, stream, 0) === 0 : removeUser(folder, name);
    done(removed, `its alternate stream ${name}`);
  }
  return stayed;
}

function alternatesOf({ xattrs }: RecoveredFile, shownAs: StreamsInterface): readonly string[] {
  if (shownAs === 'windows') return splitNames(getNtfsXattr(xattrs, NtfsXattr.STREAMS_LIST, () => undefined));
  const names = [...(readXattrs(xattrs, () => undefined)?.keys() ?? [])];
  return names.filter((name) => name.startsWith(USER) && name !== NtfsXattr.EFS_INFO_AS_STREAM).map((name) => name.slice(USER.length));
}

const removeUser = ({ xattrs }: RecoveredFile, name: string): boolean => {
  const cName = cString(textToBytes(USER + name));
  return (typeof xattrs === 'number' ? libc().fremovexattr(xattrs, cName) : libc().lremovexattr(xattrs, cName)) === 0;
};
