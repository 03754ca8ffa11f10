import { token } from '../token.js';
import type { WinbackError } from '../errors/index.js';
import type { FileEntry, FileKind } from '../facts/file-entry.js';
import type { VolumeIdentity } from '../snapshot/snapshot-provider.js';
import type { BackupStreamHeader, BackupStreamSource } from '../streams/backup-stream.js';

export type VolumeCapability =
  /** Names are any bytes, text or not. */
  | 'byte-names'
  | 'hard-links'
  | 'symbolic-links'
  | 'special-files'
  | 'sparse'
  | 'posix'
  | 'xattrs'
  | 'creation-time'
  | 'security-descriptors'
  | 'alternate-streams'
  | 'short-names'
  | 'object-ids'
  | 'reparse-points'
  | 'extended-attributes'
  /** Ciphertext with its EFS metadata can be recovered. */
  | 'encrypted-files'
  /** Encrypted files are given and taken in the raw transfer format, as one stream. */
  | 'raw-encrypted-files';

/** Opens volumes of one kind. */
export interface VolumeDriver {
  /** Shown to people: `portable`, `ntfs`… */
  readonly name: string;
  /** Higher is asked first. */
  readonly priority: number;
  /** Whether this system can serve the driver at all. MUST NOT throw. */
  probe(): { readonly available: true } | { readonly available: false; readonly reason: string };
  /** The volume that holds an absolute path, or undefined if this driver does not serve it. @throws SOURCE_NOT_FOUND */
  locate(path: string): LocatedPath | undefined;
  /** Opens a volume for reading; `root` is the folder to read it from: its own root, or a snapshot of it. */
  open(volume: VolumeIdentity, root: string): Volume;
  /** Opens a folder, which exists, to recover into. */
  openRecovery(folder: string, options: RecoveryOptions): VolumeRecovery;
}
export const VOLUME_DRIVER = token<VolumeDriver>('@winback/core/VolumeDriver');

export interface LocatedPath {
  readonly volume: VolumeIdentity;
  /** From the volume's root, as {@link FileEntry.path}. */
  readonly path: string;
  readonly kind: FileKind;
}

/** What to leave out of a walk. Asked before anything of the file is opened. */
export type WalkFilter = (path: string, kind: FileKind) => boolean;

/** A folder and its files, or some of them, in one piece of the walk. Subfolders have batches of their own. */
export interface WalkBatch {
  /** The folder's path. */
  readonly directory: string;
  readonly nodes: readonly VolumeNode[];
  /** What could not even be listed, and what was left out on purpose (`note`). */
  readonly problems: readonly FileProblem[];
}

/** Something that could not be kept, recovered or compared as it should, and why. */
export interface FileProblem {
  readonly path: string;
  readonly error: WinbackError;
  /** Nothing of the file was kept (`skipped`), or part of it (`incomplete`), or it is a remark that changes no exit code (`note`). */
  readonly effect: 'skipped' | 'incomplete' | 'note';
}

/** A file found by a walk. Valid until the walk moves on to its next batch. */
export interface VolumeNode {
  readonly path: string;
  readonly kind: FileKind;
  /** Size, times and numbers without opening the file; for plans. @throws SOURCE_VANISHED, SOURCE_UNREADABLE */
  facts(): FileEntry;
  /**
   * Opens the file and reads all its facts, from one handle, so that they belong together.
   * `linkTo` makes it a later sight of a hard link: its streams are a LINK only.
   * @throws SOURCE_VANISHED, SOURCE_UNREADABLE
   */
  open(linkTo?: string): OpenedFile;
}

export interface OpenedFile {
  readonly entry: FileEntry;
  readonly streams: BackupStreamSource;
  /** Facts that exist and could not be read, or cannot be kept. */
  readonly problems: readonly FileProblem[];
  /** Whether the file changed since it was opened. Asked after its streams were read, before they are closed. */
  changed(): boolean;
}

/** One volume, open for reading. */
export interface Volume extends Disposable {
  readonly identity: VolumeIdentity;
  readonly capabilities: ReadonlySet<VolumeCapability>;
  /**
   * Everything from `path` downwards, depth first, names in byte order; never into another volume and never through a link.
   * A folder's own node is the first of its own first batch; behind it come its files, in as many batches as that takes, then each
   * of its subfolders in the same way. When `path` is no folder there is one batch with that node alone.
   * Of each folder on the way down the names still to come are held, never more.
   */
  walk(path: string, keep?: WalkFilter): Iterable<WalkBatch>;
  /** The facts of one file. @throws SOURCE_NOT_FOUND */
  node(path: string): VolumeNode;
}

export type OverwriteMode = 'overwrite' | 'skip' | 'create-copy';

export interface RecoveryOptions {
  readonly overwrite: OverwriteMode;
  /** `report`: a note for each file with facts that were kept in another form. Default `keep`: they are only counted. */
  readonly facts?: 'keep' | 'report' | undefined;
}

/** A folder that files are recovered into. Never writes outside of it, whatever paths and links say. */
export interface VolumeRecovery extends Disposable {
  readonly capabilities: ReadonlySet<VolumeCapability>;
  /**
   * Begins one file. Folders on the way are made when they are missing; none of them may be a link.
   * Undefined: it is there already and `overwrite` says to leave it.
   * @throws RECOVERY_ESCAPE, RECOVERY_EXISTS, RECOVERY_IO
   */
  create(entry: FileEntry): FileRecovery | undefined;
  /** Files so far with facts that the volume has no place for and that were kept in another form, from which they can be given back. */
  readonly converted: number;
  /** Whether a file recovered earlier can be linked to: something that is no folder stands at that path. Links on the way are not followed. */
  has(path: string): boolean;
  /** Sets the facts of folders that are still open, and tells what went wrong since a file was committed. */
  finish(): readonly FileProblem[];
}

/** One file being recovered: BackupWrite with parsed headers. */
export interface FileRecovery {
  /** Begins a stream. Streams that this volume cannot hold answer 'unsupported': their bytes need not be written. */
  begin(stream: BackupStreamHeader): 'wanted' | 'unsupported';
  /** The current stream's next bytes. A fact that gets fewer than its stream announced is not set, and becomes a problem. */
  write(data: Uint8Array): void;
  /**
   * Applies the facts and puts the file in place. `recoveredAs` differs from the entry's path under create-copy. The problems
   * name every stream and fact that the volume could not hold, those that `begin` refused among them.
   */
  commit(): { readonly problems: readonly FileProblem[]; readonly recoveredAs: string };
  /** Takes away what was written. */
  abort(): void;
}
