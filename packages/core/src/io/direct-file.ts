import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { nodeErrno } from '../errors/errno.js';
import { DIRECT_ALIGNMENT } from './aligned-memory.js';

/**
 * Opens a file that is open for writing once more, for {@link writeFully}: from memory to the disk, past the page cache. For much that is
 * written once that is faster, and leaves the cache to others. Nothing is locked by it, and `fd` stays as it is.
 * @returns undefined where it cannot be had: the file system has nothing like it, there is no /proc, or no descriptor is left
 */
export function openDirect(fd: number): number | undefined {
  const { O_DIRECT } = constants as { readonly O_DIRECT?: number };
  if (O_DIRECT === undefined) return undefined;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | O_DIRECT);
  } catch (error) {
    if (nodeErrno(error) === undefined) throw error;
    return undefined; // whatever is wrong with the file itself, the ordinary way meets it
  }
}

/** A file to be written to, and how. */
export interface WritableFile {
  readonly fd: number;
  /** Of {@link openDirect}. Set to undefined once the file system turns out not to take it; who opened it closes it. */
  direct?: number | undefined;
}

/**
 * Writes `length` bytes to a place in a file, however many calls it takes: past the page cache where the file is open for that and memory,
 * length and place are multiples of {@link DIRECT_ALIGNMENT}.
 * @throws the system's error
 */
export function writeFully(file: WritableFile, bytes: Uint8Array, from: number, length: number, position: number): void {
  let done = file.direct === undefined ? 0 : writeDirect(file, file.direct, bytes, from, length, position);
  // Also what a direct write left, as on a disk that is full: that is where errors come from.
  while (done < length) done += writeSync(file.fd, bytes, from + done, length - done, position + done);
}

function writeDirect(file: WritableFile, direct: number, bytes: Uint8Array, from: number, length: number, position: number): number {
  if (((bytes.byteOffset + from) | length | (position % DIRECT_ALIGNMENT)) & (DIRECT_ALIGNMENT - 1)) return 0;
  try {
    return writeSync(direct, bytes, from, length, position);
  } catch (error) {
    if (nodeErrno(error) !== 'EINVAL') throw error;
    file.direct = undefined;
    return 0;
  }
}

/** Closes what {@link openDirect} opened. */
export function closeDirect(direct: number | undefined): void {
  if (direct !== undefined) closeSync(direct);
}
