import { constants } from 'node:os';
import { leafOf, textToBytes } from '@winback/core';
import { cString, libc, Open, StatxBuffer, type CPath, type RecoveredFile } from '@winback/core/linux';
import { alternatePath } from './alternate-streams.js';

const WRITE = Open.WRONLY | Open.CREAT | Open.NOFOLLOW | Open.CLOEXEC;
const MODE = 0o600;
const { EINTR } = constants.errno;

/** Opens an alternate stream of a file in an open folder. -1: errno says why. */
export const openAlternate = (folder: number, name: CPath, stream: string): number =>
  libc().openat(folder, alternatePath(name.subarray(0, -1), stream), WRITE, MODE);

/** Writes a whole alternate stream of a recovered file. False: errno says why. */
export function writeAlternate(file: RecoveredFile, stream: string, bytes: Uint8Array): boolean {
  const { pwrite, close, errno } = libc();
  const fd = openStream(file, stream);
  if (fd < 0) return false;
  let at = 0;
  while (at < bytes.length) {
    const written = pwrite(fd, bytes.subarray(at), bytes.length - at, at);
    if (written > 0) at += written;
    else if (written === 0 || errno() !== EINTR) break;
  }
  return close(fd) === 0 && at === bytes.length;
}

function openStream({ fd, place, path }: RecoveredFile, stream: string): number {
  if (place) return openAlternate(place.folder, place.name, stream);
  // A folder: reached from the one above it, if it still stands there under its name.
  const above = Buffer.concat([Buffer.from('../'), textToBytes(leafOf(path))]);
  const [here, there] = [new StatxBuffer(), new StatxBuffer()];
  if (!here.readOpen(fd) || !there.readName(fd, cString(above)) || here.inode !== there.inode) return -1;
  return libc().openat(fd, alternatePath(above, stream), WRITE, MODE);
}
