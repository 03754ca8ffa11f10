/** One thing that was not kept as it should, in a form that survives in the target. */
export interface CatalogProblem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly effect: 'skipped' | 'incomplete' | 'note';
}

/** What one entry of FilesNotToBackup or FilesNotToSnapshot left out. */
export interface CatalogLeftOut {
  /** The registry that the entry is in: its name, or the file of a hive. */
  readonly registry: string;
  readonly key: 'FilesNotToBackup' | 'FilesNotToSnapshot';
  /** The entry: the value's name, and one of its strings. */
  readonly name: string;
  readonly text: string;
  /** Files and folders; what is below a folder is not counted. */
  readonly count: number;
  /** The first of them. */
  readonly paths: readonly string[];
}

/** What a backup kept, from where and how. It is stored in the target beside the files, so a target alone is enough. */
export interface BackupCatalog {
  readonly format: 1;
  /** Program and version that made the backup. */
  readonly software: string;
  readonly host: string;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly finished: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** How consistent the files are: one line for each volume. */
  readonly snapshots: readonly {
    readonly volume: string;
    readonly provider: string;
    readonly consistent: boolean;
    readonly reason?: string | undefined;
  }[];
  readonly files: number;
  readonly directories: number;
  /** Bytes of content, hard links counted once, holes not at all. */
  readonly bytes: number;
  readonly excluded: number;
  /** By the registry's entries; absent in backups of earlier versions. */
  readonly leftOut?: readonly CatalogLeftOut[] | undefined;
  readonly problemCount: number;
  /** The first of them; `problemCount` counts all. */
  readonly problems: readonly CatalogProblem[];
}

/** Problems kept in the catalog. All are listed while the job runs; the catalog must not grow without bound. */
export const CATALOG_PROBLEM_LIMIT = 10_000;
