import type {
  Cancellation,
  CatalogLeftOut,
  DependencyContainer,
  FileKind,
  KeyFileContent,
  NextMedia,
  OverwriteMode,
  ProgressReport,
} from '@winback/core';

/** What a job is given besides its own specification. */
export interface JobContext {
  readonly container: DependencyContainer;
  readonly cancellation: Cancellation;
  readonly onEvent: (event: JobEvent) => void;
}

export interface ListedItem {
  /** Path with the volume's root in front, as the user knows it. */
  readonly path: string;
  readonly kind: FileKind;
  readonly size: number;
  /** ISO 8601, UTC. */
  readonly modified: string;
}

/** What a job says while it runs. Plain data: it crosses threads. */
export type JobEvent =
  | { readonly type: 'notice'; readonly message: string }
  | { readonly type: 'progress'; readonly progress: ProgressReport }
  | JobProblem
  | JobLeftOut
  /** Files that a backup would keep (`planned`) or that a version holds (`items`). */
  | { readonly type: 'items'; readonly items: readonly ListedItem[] };

export interface JobProblem {
  readonly type: 'problem';
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly effect: 'skipped' | 'incomplete' | 'note';
}

/** A file or folder, with all below it, that an entry in the registry leaves out. */
export interface JobLeftOut {
  readonly type: 'left-out';
  readonly path: string;
  readonly key: CatalogLeftOut['key'];
  /** The entry: the value's name, and one of its strings. */
  readonly name: string;
  readonly text: string;
}

export type JobOutcome = 'done' | 'with-problems' | 'damaged';

export interface JobResult {
  readonly outcome: JobOutcome;
  /** Notes are not counted. */
  readonly problemCount: number;
}

export interface BackupSpec {
  /** Absolute paths. */
  readonly include: readonly string[];
  /** Patterns: see {@link file://../backup/exclusions.ts}. */
  readonly exclude: readonly string[];
  /** Target URI. */
  readonly target: string;
  readonly snapshot: 'auto' | 'required' | 'none';
  /** What writers are told: a copy leaves their logs alone. Default copy. */
  readonly vss?: 'copy' | 'full';
  /** `ignore`: files are kept that FilesNotToBackup and FilesNotToSnapshot name. Default `follow`. */
  readonly backupKeys?: 'follow' | 'ignore';
  /** The set is written compressed; of targets that can do that. */
  readonly compress?: boolean;
  /** Only say what would be done. */
  readonly whatIf?: boolean;
  /** For targets that take several media. */
  readonly nextMedia?: NextMedia | undefined;
}

/** What the registry's entries left out of a job. */
export interface LeftOutResult {
  /** Those that left something out. */
  readonly entries: readonly CatalogLeftOut[];
  /** How many there are in the keys that were followed. */
  readonly known: number;
}

export interface VolumeConsistency {
  readonly volume: string;
  readonly provider: string;
  readonly consistent: boolean;
  readonly reason?: string | undefined;
}

export interface BackupResult extends JobResult {
  /** Absent under whatIf. */
  readonly version?: string;
  readonly files: number;
  readonly directories: number;
  /** Bytes of content. */
  readonly bytes: number;
  /** By the patterns of the user. */
  readonly excluded: number;
  readonly leftOut: LeftOutResult;
  /** Bytes that the set takes in the target. */
  readonly bytesWritten: number;
  /** Of a target with a device, and memory between it and the job. */
  readonly device?: { readonly blockSize: number; readonly bufferSize: number } | undefined;
  readonly snapshots: readonly VolumeConsistency[];
}

export interface RecoverySpec {
  readonly target: string;
  /** Version identifier, number of the set, or `latest`. */
  readonly version: string;
  /** Paths of files or folders; `/` is everything. */
  readonly items: readonly string[];
  /** Absolute path of the folder to recover into; made when it is missing. */
  readonly recoveryTarget: string;
  readonly overwrite: OverwriteMode;
  /** `report`: a note for each file with facts that were kept in another form. Default `keep`: they are only counted. */
  readonly facts?: 'keep' | 'report';
  /** For targets that take several media. */
  readonly nextMedia?: NextMedia | undefined;
  /** Keys that encrypted files are decrypted with. */
  readonly keyFiles?: readonly KeyFileContent[] | undefined;
}

export interface RecoveryResult extends JobResult {
  readonly version: string;
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
  /** Left alone because they were there already. */
  readonly skipped: number;
  /** Files with facts that the volume has no place for and that were kept in another form. */
  readonly converted: number;
  /** Files of a version of blocks that FilesNotToBackup names: they are not recovered with their volume. */
  readonly leftOut: LeftOutResult;
  /** Hives that replaced those of an installed Windows. */
  readonly hives: readonly RecoveredHive[];
}

/** A SYSTEM hive that took the place of another, and what was kept of that. */
export interface RecoveredHive {
  readonly path: string;
  /** Entries of KeysNotToRestore in both hives. */
  readonly entries: number;
  /** Those that kept something. */
  readonly kept: readonly { readonly name: string; readonly text: string; readonly keys: readonly string[] }[];
  /** The new one; absent when a whole volume was recovered. */
  readonly lastRestoreId?: string | undefined;
}

export interface VerifySpec {
  readonly target: string;
  /** Absent: every version. */
  readonly version?: string | undefined;
  /** Absolute path of a folder to compare with the version (default: the latest). */
  readonly compare?: string | undefined;
  /** For targets that take several media. */
  readonly nextMedia?: NextMedia | undefined;
}

export interface VerifyResult extends JobResult {
  readonly versions: readonly string[];
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
  /** Files that differ from the folder compared with. */
  readonly different: number;
}

export interface TargetSpec {
  readonly target: string;
  /** For targets that take several media. */
  readonly nextMedia?: NextMedia | undefined;
}

export interface ItemsSpec extends TargetSpec {
  readonly version: string;
  /** Only these and what is below them. */
  readonly items?: readonly string[] | undefined;
}

/** One file of one version. */
export interface OneFileSpec extends TargetSpec {
  /** Version identifier, number of the set, or `latest`. */
  readonly version: string;
  /** Its path, as {@link RecoverySpec.items} has them. */
  readonly item: string;
  /** For targets that take several media. */
  readonly nextMedia?: NextMedia | undefined;
}

export interface ItemsResult extends JobResult {
  readonly version: string;
  readonly count: number;
}

export interface DeleteSpec extends TargetSpec {
  readonly version?: string | undefined;
  readonly keepVersions?: number | undefined;
  readonly deleteOldest?: boolean | undefined;
}

export interface DeleteResult extends JobResult {
  readonly deleted: readonly string[];
}
