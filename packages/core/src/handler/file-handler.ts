import { token } from '../token.js';
import type { FileEntry } from '../facts/file-entry.js';
import type { BackupStreamSource } from '../streams/backup-stream.js';
import type { VolumeNode } from '../volume/volume.js';

/**
 * Claims files by attribute or reparse tag and says how they are backed up: encrypted files raw, SIS links as links, optimized
 * files with their containers. What no handler claims goes out as ordinary streams.
 */
export interface FileHandler {
  readonly name: string;
  /** Asked for every file whose attributes meet this mask, so that plain files cost nothing. */
  readonly attributeMask: number;
  claims(entry: FileEntry): boolean;
  /** The streams to keep instead of the ordinary ones. */
  open(node: VolumeNode, entry: FileEntry): BackupStreamSource;
}
export const FILE_HANDLER = token<FileHandler>('@winback/core/FileHandler');
