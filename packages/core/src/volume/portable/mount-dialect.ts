import type { FileEntry, FileKind } from '../../facts/file-entry.js';
import type { CPath } from '../../ffi/libc.js';
import type { FileProblem, VolumeCapability, VolumeNode } from '../volume.js';
import type { RecoveredFile } from './apply-facts.js';
import type { FileNumbers, OpenFolder } from './portable-node.js';
import type { XattrHolder } from './xattrs.js';

/** Types of a folder's entries as getdents64(2) gives them, and one more. */
export const EntryType = { UNKNOWN: 0, DIRECTORY: 4, LINK: 10, REPARSE_POINT: 15 } as const;

/** How files of one kind of mounted file system are read: what it keeps beyond POSIX, and where. */
export interface ReadingDialect {
  capabilities(root: number): ReadonlySet<VolumeCapability>;
  /** Whether {@link typeOf} knows better than a folder's entry. */
  doubts(type: number): boolean;
  /** The type of a name in an open folder: DT_* or one of {@link EntryType}. */
  typeOf(folder: number, name: CPath, type: number): number;
  /** Whether a name that cannot be opened as a folder is one all the same: a folder that leads elsewhere. */
  isClosedFolder(folder: number, name: CPath): boolean;
  node(path: string, kind: FileKind, folder: OpenFolder, name: CPath, numbers: FileNumbers): VolumeNode;
}

/** What became of a file's facts. */
export interface AppliedFacts {
  readonly problems: readonly FileProblem[];
  /** Facts that were kept in another form, from which they can be given back, in words. */
  readonly converted: readonly string[];
}

/** How files of one kind of mounted file system are made and given their facts. */
export interface RecoveryDialect {
  capabilities(root: number): ReadonlySet<VolumeCapability>;
  /** Facts are set before the content is there, which may then be written by another thread. */
  readonly contentMayFollow: boolean;
  /** Why a name cannot be used here, where it means something else. */
  readonly refusesName?: (name: string) => string | undefined;
  /** Whether a name that is shown as a link is a folder that leads elsewhere. */
  readonly isClosedFolder?: (folder: number, name: CPath) => boolean;
  /** Makes a plain folder of such a one, so that it can be recovered again. False: errno says why not. */
  readonly openClosedFolder?: (folder: number, name: CPath) => boolean;
  /** What is made first; its facts then make it what it was. Undefined: as the kind says. */
  madeAs(entry: FileEntry): 'file' | 'directory' | undefined;
  /** Bytes of an alternate stream that {@link apply} takes. */
  readonly alternateLimit: number;
  /** Where larger ones are written: opens the stream of a file, for writing. -1: errno says why. Undefined: nowhere. */
  readonly openAlternate?: (folder: number, name: CPath, stream: string) => number;
  /** Sets all facts of a file, its times last. */
  apply(file: RecoveredFile, entry: FileEntry, alternates: ReadonlyMap<string, Uint8Array>): AppliedFacts;
  /** Sets facts of a file's name, once it has its own; folders always have. */
  readonly applyToName?: (holder: XattrHolder, path: string, entry: FileEntry) => readonly FileProblem[];
}
