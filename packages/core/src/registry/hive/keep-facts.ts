import { chmodSync, chownSync, closeSync, openSync, statSync } from 'node:fs';
import { describeErrno, nodeErrno } from '../../errors/errno.js';
import { RegistryError } from '../../errors/families.js';
import { cString, libc } from '../../ffi/libc.js';
import { systemPlatform } from '../../ports/platform.js';
import { textToBytes } from '../../text/file-name.js';
import { getXattr, readXattrs, setXattr } from '../../volume/portable/xattrs.js';
import { nativePath } from './native-path.js';

const OTHERS_BITS = 0o7777;
/** What ntfs-3g knows of a file of Windows; it does not list these. */
const SECURITY_DESCRIPTOR = 'system.ntfs_acl';
const OF_NTFS = [SECURITY_DESCRIPTOR, 'system.ntfs_attrib', 'system.ntfs_ea'];
const NTFS_TIMES = 'system.ntfs_times';
const CREATION_TIME_SIZE = 8;

/**
 * Gives a file that will take another's place its owner, mode, extended attributes and, on NTFS, security descriptor, attributes and
 * creation time. Nothing where there is no other. On Windows a file takes its rights from its folder.
 * @throws REGISTRY_IO when it would let in whom the other kept out
 */
export function keepFacts(from: string, to: string): void {
  const old = statSync(nativePath(from), { throwIfNoEntry: false });
  const { os } = systemPlatform();
  if (!old || os === 'win32') return;
  try {
    chownSync(nativePath(to), old.uid, old.gid);
    chmodSync(nativePath(to), old.mode & OTHERS_BITS);
  } catch (error) {
    // Only root can give files away. A file of mine with another's mode could let others in, so its mode stays private.
    if (nodeErrno(error) !== 'EPERM') throw error;
  }
  if (os === 'linux') keepAttributes(from, to);
}

function keepAttributes(from: string, to: string): void {
  const source = openSync(nativePath(from), 'r');
  const target = openSync(nativePath(to), 'r+');
  try {
    const attributes = readXattrs(source, () => undefined) ?? new Map<string, Uint8Array>();
    for (const name of OF_NTFS) {
      const value = getXattr(source, cString(textToBytes(name)));
      if (value?.length) attributes.set(name, value);
    }
    const created = getXattr(source, cString(textToBytes(NTFS_TIMES)))?.subarray(0, CREATION_TIME_SIZE);
    if (created) attributes.set(NTFS_TIMES, created);
    for (const [name, value] of attributes) {
      if (!setXattr(target, name, value) && isRight(name)) throw lost(from, name, libc().errno());
    }
  } finally {
    closeSync(source);
    closeSync(target);
  }
}

/** Attributes that say who may do what. */
const isRight = (name: string): boolean => name === SECURITY_DESCRIPTOR || name.startsWith('system.posix_acl_');

const lost = (path: string, name: string, errno: number): RegistryError =>
  new RegistryError('REGISTRY_IO', `${path}: its attribute ${name} cannot be given to the file that replaces it: ${describeErrno(errno)}`, {
    file: path,
    name,
  });
