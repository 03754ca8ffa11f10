import { decodeExtendedAttributes, decodeReparsePoint, FileAttribute, isWinbackError, takePosixFacts, type FileKind } from '@winback/core';
import { EntryType, Mode, pathBelow, type CPath, type ReadingDialect } from '@winback/core/linux';
import type { StreamsInterface } from './alternate-streams.js';
import { NTFS_CAPABILITIES } from '../ntfs-capabilities.js';
import { MountedNode } from './mounted-node.js';
import { getNtfsXattr, NtfsXattr } from './ntfs-xattrs.js';
import { Patience } from './open-settled.js';

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

/** Shown as a link is every reparse point, shown as a FIFO or a socket every system file of no or one byte. */
const DOUBTED = new Set<number>([EntryType.LINK, EntryType.UNKNOWN, TYPE_OF.fifo, TYPE_OF.socket]);

const ignored = (): void => undefined;

/** Reads a volume that ntfs-3g has mounted. It shows reparse points as links, whatever they are. */
export function mountedReading(shownAs: StreamsInterface): ReadingDialect {
  const patience = new Patience();
  return {
    capabilities: () => NTFS_CAPABILITIES,
    doubts: (type) => DOUBTED.has(type),
    typeOf(folder, name, type) {
      if (!DOUBTED.has(type)) return type;
      return reparseType(folder, name) ?? (type === EntryType.LINK || isSaidByPosix(folder, name, type) ? type : REGULAR);
    },
    isClosedFolder: (folder, name) => reparseType(folder, name) === EntryType.DIRECTORY,
    node: (path, kind, folder, name, numbers) => new MountedNode(path, kind, folder, name, numbers, shownAs, patience),
  };
}

/** What the reparse point of a name is; undefined where it is none. */
export function reparseType(folder: number, name: CPath): number | undefined {
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

/** Whether a file is of this type by what WSL or Winback said of it. */
function isSaidByPosix(folder: number, name: CPath, type: number): boolean {
  const list = getNtfsXattr(pathBelow(folder, name), NtfsXattr.EA, ignored);
  try {
    const mode = list && takePosixFacts(decodeExtendedAttributes(list)).posix?.mode;
    return mode !== undefined && (mode & Mode.TYPE) >> 12 === type;
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    return false;
  }
}
