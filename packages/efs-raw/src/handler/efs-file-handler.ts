import {
  FileAttribute,
  type BackupStreamSource,
  type FileEntry,
  type FileHandler,
  type HandlerOptions,
  type VolumeNode,
} from '@winback/core';
import { loadKeys } from '../keys/load-keys.js';
import { EfsRecovery } from './efs-recovery.js';
import { RawBackupStreams } from './raw-backup-streams.js';

/** Keeps encrypted files as they are, without a key: in the raw transfer format, which every target can hold. */
export class EfsFileHandler implements FileHandler {
  readonly name = 'efs-raw';
  readonly attributeMask = FileAttribute.ENCRYPTED;

  constructor(private readonly now: () => number) {}

  /** Folders have no content: their metadata goes with their facts. */
  claims(entry: FileEntry): boolean {
    return entry.kind === 'file' && entry.linkTo === undefined && entry.efsMetadata !== undefined;
  }

  open(node: VolumeNode, entry: FileEntry): BackupStreamSource {
    return new RawBackupStreams(node, entry);
  }

  beginRecovery({ keyFiles = [] }: HandlerOptions): EfsRecovery {
    return new EfsRecovery(
      keyFiles.flatMap((file) => loadKeys(file, file.password)),
      this.now,
    );
  }
}
