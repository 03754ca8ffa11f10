import { closeSync, constants, openSync, readSync } from 'node:fs';
import { nodeErrno } from '@winback/core';

const SECTOR = 512;
/** Behind the ciphertext: how many bytes fill its last sector. */
const COUNT = 2;

/**
 * Where ciphertext ends with a page, ntfs-3g refuses to read the count behind it by itself, as the page cache does, and gives it with the
 * sector before it, which only a read past that cache asks for.
 * @returns the bytes read, or -1
 */
export function readCountBehindCiphertext(fd: number, into: Uint8Array, position: number): number {
  if (into.length !== COUNT || position < SECTOR || position % SECTOR !== 0) return -1;
  const both = new Uint8Array(SECTOR + COUNT);
  let direct: number | undefined;
  try {
    direct = openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_DIRECT);
    if (readSync(direct, both, 0, both.length, position - SECTOR) !== both.length) return -1;
    into.set(both.subarray(SECTOR));
    return COUNT;
  } catch (error) {
    if (nodeErrno(error) === undefined) throw error;
    return -1;
  } finally {
    if (direct !== undefined) closeSync(direct);
  }
}
