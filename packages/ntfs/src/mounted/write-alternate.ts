import { opendirSync } from 'node:fs';
import { constants } from 'node:os';
import { libc, Open, type CPath, type RecoveredFile } from '@winback/core/linux';
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

/** A folder's own are reached from the open folder itself. */
const openStream = ({ fd, place }: RecoveredFile, stream: string): number =>
  place ? openAlternate(place.folder, place.name, stream) : libc().openat(fd, alternatePath(new Uint8Array(), stream), WRITE, MODE);

/** Whether nothing is in an open folder. When in doubt, something is. */
export function isEmptyFolder(fd: number): boolean {
  try {
    const folder = opendirSync(`/proc/self/fd/${fd}`);
    const first = folder.readSync();
    folder.closeSync();
    return first === null;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return false;
  }
}
