import { token } from '../token.js';
import type { WinbackError } from '../errors/index.js';
import type { FileEntry } from '../facts/file-entry.js';
import type { Cancellation } from '../ports/cancellation.js';
import type { VolumeIdentity } from '../snapshot/snapshot-provider.js';
import type { BackupStreamSource, MaybePromise, StoredStreams } from '../streams/backup-stream.js';
import type { BackupCatalog } from './catalog.js';

/** Opens backup targets of one URI scheme. */
export interface BackupTargetDriver {
  /** Text before the colon, lower case, unique among loaded plugins. */
  readonly scheme: string;
  /** One line for `winback plugin list`. */
  readonly description: string;
  /** Whether a URI without a scheme means this driver, for example a path that ends in `.bkf`. */
  claims?(bareUri: string): boolean;
  /**
   * `blocks`: volumes are kept as they are, with files that FilesNotToBackup names; such files are left out at recovery. Default `files`:
   * they are left out of the backup.
   */
  readonly level?: 'files' | 'blocks';
  /** MUST NOT throw, MUST NOT touch the medium. */
  probe(): { readonly available: true } | { readonly available: false; readonly reason: string };
  /** @throws TARGET_NOT_FOUND when nothing is there and `create` is not set, TARGET_LOCKED when another process holds it */
  open(uri: string, options: OpenTargetOptions): MaybePromise<BackupTarget>;
}
export const BACKUP_TARGET_DRIVER = token<BackupTargetDriver>('@winback/core/BackupTargetDriver');

/** Where a target that takes several media gets the next one. What is not given a target may look for elsewhere. */
export interface NextMedia {
  /** Run by the shell: changes the medium. */
  readonly command?: string | undefined;
  /** Address of the media changer that the drive is in; it fills an empty drive, too. */
  readonly changer?: string | undefined;
  /** Somebody sits at the terminal and can be asked. */
  readonly ask?: boolean | undefined;
}

export interface OpenTargetOptions {
  readonly mode: 'read' | 'append';
  /** A target that does not exist is made, when the first set is begun. */
  readonly create?: boolean;
  /** Sets are written compressed. Asked only of targets with the capability `compress`. */
  readonly compress?: boolean | undefined;
  readonly nextMedia?: NextMedia | undefined;
  /** The version that is going to be opened, as in `openSet`: a target that chooses its first medium begins with one that has it. */
  readonly version?: string | undefined;
  /** Asked by targets that wait for somebody. */
  readonly cancellation?: Cancellation | undefined;
}

export type TargetCapability = 'append' | 'delete' | 'random-access' | 'compress';

/** One committed set: a version that can be recovered. */
export interface BackupVersion {
  /** Version identifier in wbadmin's form `MM/DD/YYYY-HH:MM` (UTC), with `-2`, `-3`… for later ones in the same minute. */
  readonly id: string;
  /** Number of the set in the target, from 1. */
  readonly number: number;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly name: string;
  readonly description: string;
  readonly machine: string;
  readonly user: string;
  readonly software: string;
  readonly volumes: readonly string[];
  /** Absent where the target does not say without a full read. */
  readonly files?: number | undefined;
  readonly bytes?: number | undefined;
  /**
   * The number of the medium that the set goes on on, where that was not seen: whether it was ever finished, nobody knows. `latest` is such a version
   * only where no other is.
   */
  readonly continuesOn?: number | undefined;
  /** What was kept and what not; sets of other programs have none. */
  readonly catalog?: BackupCatalog | undefined;
}

/** Damage or an unfinished end, found while reading. */
export interface TargetDamage {
  readonly error: WinbackError;
  /** The file it belongs to, if known. */
  readonly path?: string | undefined;
}

export interface BackupSetDescription {
  readonly name: string;
  readonly description: string;
  readonly machine: string;
  readonly user: string;
  readonly kind: 'copy' | 'normal';
}

/** Memory between a job and the device of a target, by which the device does not have to wait. */
export interface TargetBuffer {
  /** Bytes that it can hold. */
  readonly size: number;
  /** Bytes in it: written by the job and not by the device yet, or read by the device and not by the job yet. */
  readonly filled: number;
  /** Bytes that the device takes or gives at once. */
  readonly blockSize: number;
}

/** What is needed of a set. Targets that can do no less for it read it as ever. */
export interface OpenSetOptions {
  /** Which files are asked for. A target that finds them without the others leaves the others out; it MUST NOT leave out one that is asked for. */
  readonly wants?: ((volume: VolumeIdentity, path: string) => boolean) | undefined;
  /** Streams are not asked for: what `next` tells of each file is enough. */
  readonly listing?: boolean | undefined;
}

/** An open target. Operations MUST NOT overlap. */
export interface BackupTarget {
  readonly uri: string;
  readonly capabilities: ReadonlySet<TargetCapability>;
  /** Absolute paths of the local files that make up the target; a backup leaves them out of itself. */
  readonly localFiles: readonly string[];
  /** Where a device works beside the job. */
  readonly buffer?: TargetBuffer | undefined;
  /** Committed sets, oldest first; of sets that go on on a medium that was not seen, it cannot be told (`continuesOn`). */
  versions(): MaybePromise<readonly BackupVersion[]>;
  /** Problems met by `versions()`: sets that cannot be listed, an unfinished set at the end. */
  readonly damage: readonly TargetDamage[];
  /** Begins a set. A torn end left by a crash is repaired first. @throws TARGET_FULL, TARGET_FOREIGN */
  createSet(description: BackupSetDescription): MaybePromise<BackupSetWriter>;
  /** @throws VERSION_NOT_FOUND */
  openSet(id: string, options?: OpenSetOptions): MaybePromise<BackupSetReader>;
  /** Why versions cannot be deleted, or how. @throws TARGET_UNSUPPORTED, VERSION_NOT_FOUND */
  deleteSets(ids: readonly string[]): MaybePromise<void>;
  close(): MaybePromise<void>;
}

/** Takes an ordered sequence of files as backup streams. Absent until committed. */
export interface BackupSetWriter {
  /** What follows belongs to this volume. */
  beginVolume(volume: VolumeIdentity): MaybePromise<void>;
  /**
   * Keeps one file. Folders come before what they hold. Answers with a promise only where the target cannot keep up.
   * @throws TARGET_FULL, TARGET_IO; the set is then lost and must be aborted
   */
  add(entry: FileEntry, streams: BackupStreamSource): MaybePromise<void>;
  /** Bytes written to the target so far. */
  readonly bytesWritten: number;
  /** Makes the set durable and visible. */
  commit(catalog: BackupCatalog): MaybePromise<BackupVersion>;
  /** Leaves the target as it was before the set. */
  abort(): MaybePromise<void>;
}

/** One file as a set holds it. */
export interface StoredFile {
  readonly volume: VolumeIdentity;
  /** What the target knows before the streams are read. Facts that travel as streams are added by FactCollector. */
  readonly entry: FileEntry;
  /** Valid until the next file is asked for. */
  readonly streams: StoredStreams;
  /** What the backup itself noted about the file: bytes that could not be read and are zeros. Complete after the last stream. */
  readonly faults: readonly string[];
}

/** Gives the files of a set in the order they were kept. */
export interface BackupSetReader {
  readonly version: BackupVersion;
  /** What was not read of the file before is skipped. Damage does not end the sequence: it is noted, and reading goes on at the next intact file. */
  next(): MaybePromise<StoredFile | undefined>;
  readonly damage: readonly TargetDamage[];
  /** How far through the set, in bytes, and of how many. */
  readonly position: { readonly at: number; readonly of: number };
  close(): MaybePromise<void>;
}
