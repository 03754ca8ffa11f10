import { token } from '../token.js';
import type { MaybePromise } from '../streams/backup-stream.js';

/** A volume as the operating system names it. */
export interface VolumeIdentity {
  /** Where its root is in this system's name space, for example `/home` or `C:\`. */
  readonly root: string;
  /** `ext4`, `btrfs`, `NTFS`… */
  readonly fileSystem: string;
  /** What is mounted: a device, a share, `tmpfs`… */
  readonly device: string;
  readonly label?: string | undefined;
}

/** What a volume can do, decided without touching anything. */
export type SnapshotSupport = { readonly supported: true } | { readonly supported: false; readonly reason: string };

/** One side of VSS: makes point-in-time copies of volumes. */
export interface SnapshotProvider {
  /** Shown to people: `btrfs`, `none`… */
  readonly name: string;
  /** Higher is asked first; the provider that says no to everything has 0. */
  readonly priority: number;
  /** MUST NOT change anything. */
  supports(volume: VolumeIdentity): MaybePromise<SnapshotSupport>;
  /**
   * Makes a read-only snapshot of each volume, as one set.
   * @throws SNAPSHOT_FAILED; then no snapshot is left behind.
   */
  create(volumes: readonly VolumeIdentity[]): MaybePromise<SnapshotSet>;
}
export const SNAPSHOT_PROVIDER = token<SnapshotProvider>('@winback/core/SnapshotProvider');

/** Snapshots that were taken together. They go when the set is disposed of, unless told otherwise. */
export interface SnapshotSet extends AsyncDisposable {
  readonly id: string;
  readonly provider: string;
  /** The folder under which a volume's root, as it was, can be read. */
  rootOf(volume: VolumeIdentity): string;
}

/** Folders in a volume's root that hold a snapshot while a job runs begin with this; 32 hexadecimal digits follow. */
export const SNAPSHOT_FOLDER_PREFIX = '.winback-snapshot-';

const SNAPSHOT_FOLDER = /^\.winback-snapshot-[0-9a-f]{32}$/;

/**
 * Whether a path is such a folder. Providers that keep snapshots inside of the volume make them there, so every walk of a volume leaves
 * them out: its own snapshot's folder, and those of other jobs.
 */
export const isSnapshotFolder = (path: string): boolean => SNAPSHOT_FOLDER.test(path);
