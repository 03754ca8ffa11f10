import { constants } from 'node:os';
import { cString, libc, type CPath } from '../../ffi/libc.js';
import { bytesToText, textToBytes } from '../../text/file-name.js';

/** XATTR_LIST_MAX and XATTR_SIZE_MAX. */
const MOST = 65_536;
const { ENODATA, ENOTSUP, ENOSYS } = constants.errno;
const SLASH = 0x2f;

const names = new Uint8Array(MOST);
const value = new Uint8Array(MOST);
const DIGITS = Buffer.from('/proc/self/fd/');

/** Views of the system, not facts of the file: they would say twice what the file system says elsewhere. */
const VIEWS = /^(system\.(ntfs_|cifs_|smb3_)|btrfs\.)/;

/** A file whose attributes are asked for: open, or by the one path that reaches it without following it. */
export type XattrHolder = number | CPath;

/** The path of a name below an open folder, for the calls that take no folder. */
export function pathBelow(folder: number, name: CPath): CPath {
  const number = Buffer.from(String(folder));
  const path = new Uint8Array(DIGITS.length + number.length + 1 + name.length);
  path.set(DIGITS);
  path.set(number, DIGITS.length);
  path[DIGITS.length + number.length] = SLASH;
  path.set(name, DIGITS.length + number.length + 1);
  return path;
}

export interface XattrProblem {
  /** Undefined when not even the names could be read. */
  readonly name: string | undefined;
  readonly errno: number;
}

/** All extended attributes of a file; undefined where it has none. */
export function readXattrs(holder: XattrHolder, failed: (problem: XattrProblem) => void): Map<string, Uint8Array> | undefined {
  const { flistxattr, llistxattr, errno } = libc();
  const length = typeof holder === 'number' ? flistxattr(holder, names, MOST) : llistxattr(holder, names, MOST);
  if (length === 0) return undefined;
  if (length < 0) {
    const number = errno();
    if (number !== ENOTSUP && number !== ENOSYS) failed({ name: undefined, errno: number });
    return undefined;
  }
  return readValues(holder, names.slice(0, length), failed);
}

function readValues(holder: XattrHolder, list: Uint8Array, failed: (problem: XattrProblem) => void): Map<string, Uint8Array> | undefined {
  const { fgetxattr, lgetxattr, errno } = libc();
  const found = new Map<string, Uint8Array>();
  for (let start = 0, end: number; start < list.length; start = end + 1) {
    end = list.indexOf(0, start);
    if (end < 0) end = list.length;
    const bytes = list.subarray(start, end);
    const name = bytesToText(bytes);
    if (VIEWS.test(name)) continue;
    const cName = cString(bytes);
    const size = typeof holder === 'number' ? fgetxattr(holder, cName, value, MOST) : lgetxattr(holder, cName, value, MOST);
    if (size >= 0) found.set(name, value.slice(0, size));
    else {
      const number = errno();
      if (number !== ENODATA) failed({ name, errno: number }); // ENODATA: removed since it was listed
    }
  }
  return found.size > 0 ? found : undefined;
}

/** The value of one attribute; undefined where it cannot be had: errno says why. */
export function getXattr(holder: XattrHolder, name: CPath): Uint8Array | undefined {
  const { fgetxattr, lgetxattr } = libc();
  const size = typeof holder === 'number' ? fgetxattr(holder, name, value, MOST) : lgetxattr(holder, name, value, MOST);
  return size < 0 ? undefined : value.slice(0, size);
}

/** Sets one attribute. False: errno says why. */
export function setXattr(holder: XattrHolder, name: string, bytes: Uint8Array): boolean {
  const { fsetxattr, lsetxattr } = libc();
  const cName = cString(textToBytes(name));
  const set =
    typeof holder === 'number' ? fsetxattr(holder, cName, bytes, bytes.length, 0) : lsetxattr(holder, cName, bytes, bytes.length, 0);
  return set === 0;
}
