import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToText, nodeErrno, textToBytes } from '@winback/core';

/** A path below a folder, spelled as it is on the volume: names are compared without regard to case. Undefined: there is none, or a link is on the way. */
export function findIgnoringCase(folder: string, names: readonly string[]): string | undefined {
  let at = folder;
  for (const [i, name] of names.entries()) {
    const exact = isThere(join(at, name), i < names.length - 1);
    const found = exact ? name : listed(at).find((other) => same(other, name) && isThere(join(at, other), i < names.length - 1));
    if (found === undefined) return undefined;
    at = join(at, found);
  }
  return at;
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
