import {
  all,
  SNAPSHOT_PROVIDER,
  SnapshotError,
  type DependencyContainer,
  type SnapshotProvider,
  type SnapshotSet,
  type VolumeIdentity,
} from '@winback/core';
import type { BackupSpec, VolumeConsistency } from '../job/job.js';

export interface SnapshotPlan {
  readonly volume: VolumeIdentity;
  /** Absent: the volume is read as it is. */
  readonly provider?: SnapshotProvider | undefined;
  readonly consistency: VolumeConsistency;
}

/**
 * Decides for each volume whether a snapshot is made: whenever the volume can make one and the user did not say no.
 * @throws SNAPSHOT_UNSUPPORTED when one is required and a volume cannot
 */
export async function planSnapshots(
  container: DependencyContainer,
  volumes: readonly VolumeIdentity[],
  wish: BackupSpec['snapshot'],
): Promise<SnapshotPlan[]> {
  const providers = all(container, SNAPSHOT_PROVIDER).sort((a, b) => b.priority - a.priority);
  const plans: SnapshotPlan[] = [];
  for (const volume of volumes) plans.push(await planOne(providers, volume, wish));
  return plans;
}

async function planOne(
  providers: readonly SnapshotProvider[],
  volume: VolumeIdentity,
  wish: BackupSpec['snapshot'],
): Promise<SnapshotPlan> {
  const none = (reason: string): SnapshotPlan => ({
    volume,
    consistency: { volume: volume.root, provider: 'none', consistent: false, reason },
  });
  if (wish === 'none') return none('switched off by --no-snapshot');
  const reasons = new Set<string>();
  for (const provider of providers) {
    const support = await provider.supports(volume);
    if (support.supported) return { volume, provider, consistency: { volume: volume.root, provider: provider.name, consistent: true } };
    // The provider that makes none knows nothing of the volume.
    if (provider.priority > 0) reasons.add(support.reason);
  }
  const reason = [...reasons].join('; ') || `no loaded snapshot provider serves ${volume.fileSystem}`;
  if (wish === 'required') {
    throw new SnapshotError(
      'SNAPSHOT_UNSUPPORTED',
      `${volume.root}: a snapshot is required, but this volume cannot make one: ${reason}`,
      { volume: volume.root, fileSystem: volume.fileSystem },
      { hint: 'back up without --snapshot required to read the files as they are' },
    );
  }
  return none(reason);
}

/** Snapshots of all volumes that can make one. */
export interface TakenSnapshots extends AsyncDisposable {
  /** Where to read a volume from: its snapshot, or itself. */
  rootOf(volume: VolumeIdentity): string;
}

/** @throws SNAPSHOT_FAILED; the job ends, and says how to go on */
export async function takeSnapshots(plans: readonly SnapshotPlan[]): Promise<TakenSnapshots> {
  const byProvider = new Map<SnapshotProvider, VolumeIdentity[]>();
  for (const { provider, volume } of plans) {
    if (provider) byProvider.set(provider, [...(byProvider.get(provider) ?? []), volume]);
  }
  const sets: SnapshotSet[] = [];
  const roots = new Map<string, string>();
  const dispose = async (): Promise<void> => {
    for (const set of sets.splice(0).reverse()) await set[Symbol.asyncDispose]();
  };
  try {
    for (const [provider, volumes] of byProvider) {
      const set = await provider.create(volumes);
      sets.push(set);
      for (const volume of volumes) roots.set(volume.root, set.rootOf(volume));
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  return { rootOf: (volume) => roots.get(volume.root) ?? volume.root, [Symbol.asyncDispose]: dispose };
}

/** The line that says how consistent a volume's files are. */
export function describeConsistency(c: VolumeConsistency): string {
  return c.consistent
    ? `${c.volume}: read from a snapshot (${c.provider})`
    : `${c.volume}: no snapshot (${c.reason ?? 'unknown reason'}); files are read as they are, and those that change meanwhile are listed`;
}
