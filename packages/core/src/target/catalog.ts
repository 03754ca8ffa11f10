/** One thing that was not kept as it should, in a form that survives in the target. */
export interface CatalogProblem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly effect: 'skipped' | 'incomplete' | 'note';
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
  readonly problemCount: number;
  /** The first of them; `problemCount` counts all. */
  readonly problems: readonly CatalogProblem[];
}

/** Problems kept in the catalog. All are listed while the job runs; the catalog must not grow without bound. */
export const CATALOG_PROBLEM_LIMIT = 10_000;
