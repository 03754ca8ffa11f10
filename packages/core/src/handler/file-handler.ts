import { token } from '../token.js';
import type { FileEntry } from '../facts/file-entry.js';
import type { BackupStreamSource, MaybePromise, StoredStreams } from '../streams/backup-stream.js';
import type { FileProblem, VolumeCapability, VolumeNode } from '../volume/volume.js';

/**
 * Claims files by attribute or reparse tag and says how they are backed up and recovered: encrypted files raw, SIS links as links,
 * optimized files with their containers. What no handler claims goes out as ordinary streams.
 */
export interface FileHandler {
  readonly name: string;
  /** Asked for every file whose attributes meet this mask, so that plain files cost nothing. */
  readonly attributeMask: number;
  claims(entry: FileEntry): boolean;
  /** The streams to keep instead of the ordinary ones. */
  open(node: VolumeNode, entry: FileEntry): BackupStreamSource;
  /**
   * Begins a recovery. Absent: files come back as the streams that were kept.
   * @throws EFS_KEY_FILE, EFS_PASSWORD… when what was given for it cannot be used
   */
  beginRecovery?(options: HandlerOptions): HandledRecovery;
}
export const FILE_HANDLER = token<FileHandler>('@winback/core/FileHandler');

/** What the user gave for files of special kinds. */
export interface HandlerOptions {
  /** Files with private keys, which encrypted files are to be opened with. */
  readonly keyFiles?: readonly KeyFileContent[] | undefined;
}

/** A file with keys. Never written to a log or an error. */
export interface KeyFileContent {
  /** As the user knows it. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly password?: string | undefined;
}

/** How a handler gives files back, for one recovery. */
export interface HandledRecovery {
  /**
   * A stored file in the form that a volume can take. Asked for files whose attributes meet the handler's mask.
   * Undefined: as it is stored; then nothing was taken from `streams`.
   */
  convert(entry: FileEntry, streams: StoredStreams, capabilities: ReadonlySet<VolumeCapability>): MaybePromise<ConvertedFile | undefined>;
}

export interface ConvertedFile {
  /** What is made of the file: its name and attributes may be others. */
  readonly entry: FileEntry;
  readonly streams: StoredStreams;
  /** What was lost or is otherwise, complete after the last stream. */
  readonly problems: readonly FileProblem[];
}
