import { all, CLOCK, FILE_HANDLER, PLATFORM, toDate, type BackupCatalog, type BackupSetWriter, type BackupTarget } from '@winback/core';
import type { BackupResult, BackupSpec, JobContext, VolumeConsistency } from '../job/job.js';
import { ProblemList } from '../job/problem-list.js';
import { ProgressMeter } from '../job/progress-meter.js';
import { SOFTWARE } from '../software.js';
import { openTarget } from '../target/open-target.js';
import { leaveOutFor } from './leave-out.js';
import { compileExclusions } from './exclusions.js';
import { planVolumes } from './plan.js';
import { describeConsistency, planSnapshots, takeSnapshots } from './snapshots.js';
import { VolumeBackup } from './volume-backup.js';
import { whatIfBackup } from './what-if.js';

/**
 * Backs files up: plan, snapshots, walk, streams, target, catalog.
 * @throws SOURCE_NOT_FOUND when an included path does not exist; SNAPSHOT_FAILED, SNAPSHOT_UNSUPPORTED; TARGET_*; INTERRUPTED.
 * In each case the target is left as it was.
 */
export async function runBackup(context: JobContext, spec: BackupSpec): Promise<BackupResult> {
  const { container, onEvent } = context;
  const volumes = planVolumes(container, spec.include);
  const snapshotPlans = await planSnapshots(
    container,
    volumes.map((v) => v.identity),
    spec.snapshot,
  );
  const snapshots = snapshotPlans.map((p) => p.consistency);
  for (const consistency of snapshots) onEvent({ type: 'notice', message: describeConsistency(consistency) });
  if (spec.whatIf) return whatIfBackup(context, spec, volumes, snapshots);

  const started = container.resolve(CLOCK).now();
  const { compress, nextMedia } = spec;
  const options = { mode: 'append', create: true, compress, nextMedia, cancellation: context.cancellation } as const;
  const target = await openTarget(container, spec.target, options);
  try {
    const platform = container.resolve(PLATFORM);
    const writer = await target.createSet({
      name: `Backup of ${spec.include.length === 1 ? (spec.include[0] ?? '') : `${String(spec.include.length)} places`}`,
      description: snapshots.map(describeConsistency).join('; '),
      machine: platform.hostName,
      user: platform.userName,
      kind: spec.vss === 'full' ? 'normal' : 'copy',
    });
    try {
      return await writeSet(context, spec, { volumes, snapshotPlans, snapshots, started, target, writer });
    } catch (error) {
      await writer.abort();
      throw error;
    }
  } finally {
    await target.close();
  }
}

interface Prepared {
  readonly volumes: ReturnType<typeof planVolumes>;
  readonly snapshotPlans: Awaited<ReturnType<typeof planSnapshots>>;
  readonly snapshots: readonly VolumeConsistency[];
  readonly started: bigint;
  readonly target: BackupTarget;
  readonly writer: BackupSetWriter;
}

async function writeSet(context: JobContext, spec: BackupSpec, prepared: Prepared): Promise<BackupResult> {
  const { container, onEvent } = context;
  const { target, writer, snapshots } = prepared;
  const problems = new ProblemList(onEvent);
  const meter = new ProgressMeter('backup', onEvent, target);
  const handlers = all(container, FILE_HANDLER);
  const ignoreCase = container.resolve(PLATFORM).os === 'win32';
  const exclusion = compileExclusions(spec.exclude, ignoreCase);
  const leaveOut = leaveOutFor(context, spec, problems);
  let excluded = 0;

  {
    await using taken = await takeSnapshots(prepared.snapshotPlans);
    for (const plan of prepared.volumes) {
      const root = taken.rootOf(plan.identity);
      const fromSnapshot = root !== plan.identity.root;
      const backup = new VolumeBackup(plan, root, {
        context,
        writer,
        problems,
        meter,
        handlers,
        exclusion,
        targetFiles: new Set(target.localFiles),
        leaveOut: leaveOut.ofVolume(plan.identity, root, fromSnapshot),
        fromSnapshot,
      });
      await backup.run();
      excluded += backup.excluded;
    }
  }

  context.cancellation.check();
  onEvent({ type: 'progress', progress: { phase: 'commit', files: meter.files + meter.directories, bytes: meter.bytes } });
  const catalog: BackupCatalog = {
    format: 1,
    software: SOFTWARE,
    host: container.resolve(PLATFORM).hostName,
    started: toDate(prepared.started).toISOString(),
    finished: toDate(container.resolve(CLOCK).now()).toISOString(),
    include: spec.include,
    exclude: spec.exclude,
    snapshots,
    files: meter.files,
    directories: meter.directories,
    bytes: meter.bytes,
    excluded,
    leftOut: leaveOut.result.entries,
    problemCount: problems.count,
    problems: problems.first,
  };
  const device = target.buffer && { blockSize: target.buffer.blockSize, bufferSize: target.buffer.size };
  const version = await writer.commit(catalog);
  return {
    outcome: problems.outcome,
    problemCount: problems.count,
    version: version.id,
    files: meter.files,
    directories: meter.directories,
    bytes: meter.bytes,
    excluded,
    leftOut: leaveOut.result,
    bytesWritten: writer.bytesWritten,
    device,
    snapshots,
  };
}
