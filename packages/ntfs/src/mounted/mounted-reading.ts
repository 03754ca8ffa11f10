import { decodeReparsePoint, FileAttribute, isWinbackError, type FileKind, type VolumeCapability } from '@winback/core';
import { EntryType, pathBelow, type CPath, type ReadingDialect } from '@winback/core/linux';
import type { StreamsInterface } from './alternate-streams.js';
import { MountedNode } from './mounted-node.js';
import { getNtfsXattr, NtfsXattr } from './ntfs-xattrs.js';

/** Everything that NTFS keeps of a file, POSIX facts in the extended attributes that WSL uses. */
export const NTFS_CAPABILITIES: ReadonlySet<VolumeCapability> = new Set([
  'hard-links',
  'symbolic-links',
  'special-files',
  'sparse',
  'posix',
  'xattrs',
  'creation-time',
  'security-descriptors',
  'alternate-streams',
  'short-names',
  'object-ids',
  'reparse-points',
  'extended-attributes',
]);

const REGULAR = 8;
/** DT_* numbers of the kinds that a reparse point can be. */
const TYPE_OF: Readonly<Record<FileKind, number>> = {
  fifo: 1,
  'character-device': 2,
  directory: EntryType.DIRECTORY,
  'block-device': 6,
  file: REGULAR,
  'symbolic-link': EntryType.LINK,
  socket: 12,
  'reparse-point': EntryType.REPARSE_POINT,
};

const ignored = (): void => undefined;

/** Reads a volume that ntfs-3g has mounted. It shows reparse points as links, whatever they are. */
export function mountedReading(shownAs: StreamsInterface): ReadingDialect {
  return {
    capabilities: () => NTFS_CAPABILITIES,
    doubts: (type) => type === EntryType.LINK || type === EntryType.UNKNOWN,
    typeOf: (folder, name, type) => reparseType(folder, name) ?? (type === EntryType.UNKNOWN ? REGULAR : type),
    isClosedFolder: (folder, name) => reparseType(folder, name) === EntryType.DIRECTORY,
    node: (path, kind, folder, name, numbers) => new MountedNode(path, kind, folder, name, numbers, shownAs),
  };
}

/** What the reparse point of a name is; undefined where it is none. */
function reparseType(folder: number, name: CPath): number | undefined {
  const holder = pathBelow(folder, name);
  const data = getNtfsXattr(holder, NtfsXattr.REPARSE_DATA, ignored);
  if (!data) return undefined;
  const attributes = getNtfsXattr(holder, NtfsXattr.ATTRIBUTES, ignored);
  const isFolder =
    attributes?.length === 4 && (new DataView(attributes.buffer, attributes.byteOffset).getUint32(0, true) & FileAttribute.DIRECTORY) !== 0;
  try {
    const { kind } = decodeReparsePoint(data);
    return isFolder && kind === 'reparse-point' ? EntryType.DIRECTORY : TYPE_OF[kind];
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    return isFolder ? EntryType.DIRECTORY : EntryType.REPARSE_POINT;
  }
}
