import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToText, nodeErrno, textToBytes } from '@winback/core';

/**
 * A path below a folder, spelled as it is on the volume: names are compared without regard to case, and where several are the same then, each
 * is tried, the one spelled so first. Undefined: there is none, or a link is on the way.
 */
export function findIgnoringCase(folder: string, names: readonly string[]): string | undefined {
  const [name, ...below] = names;
  if (name === undefined) return folder;
  const find = (spelled: string): string | undefined =>
    isThere(join(folder, spelled), below.length > 0) ? findIgnoringCase(join(folder, spelled), below) : undefined;
  const exact = find(name);
  if (exact !== undefined) return exact;
  for (const other of listed(folder)) {
    const found = other !== name && same(other, name) ? find(other) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Names on the way to a volume may be no UTF-8. */
export const native = (path: string): Buffer => Buffer.from(textToBytes(path));

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function isThere(path: string, folder: boolean): boolean {
  try {
    const found = lstatSync(native(path), { throwIfNoEntry: false });
    return found !== undefined && (folder ? found.isDirectory() : found.isFile());
  } catch (error) {
    if (nodeErrno(error) === undefined) throw error;
    return false;
  }
}

/** A folder that cannot be listed holds nothing that can be read. */
function listed(folder: string): string[] {
  try {
    return readdirSync(native(folder), { encoding: 'buffer' }).map(bytesToText);
  } catch (error) {
    if (nodeErrno(error) === undefined) throw error;
    return [];
  }
}
