import { isWinbackError, PLATFORM } from '@winback/core';
import type { BackupSpec, JobContext, JobResult } from '../job/job.js';
import { compileExclusions } from './exclusions.js';
import { keepFilter } from './keep-filter.js';
import { leaveOutFor } from './leave-out.js';
import { planVolumes } from './plan.js';

export interface EstimateResult extends JobResult {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Counts what a backup will keep, for the time left. Runs beside the backup, on the volumes themselves: near enough, and what it
 * cannot read the backup itself reports.
 */
export function estimateBackup(context: JobContext, spec: BackupSpec): Promise<EstimateResult> {
  const exclusion = compileExclusions(spec.exclude, context.container.resolve(PLATFORM).os === 'win32');
  const leaveOut = leaveOutFor({ ...context, onEvent: () => undefined }, spec, undefined);
  let [files, bytes] = [0, 0];
  for (const plan of planVolumes(context.container, spec.include)) {
    using volume = plan.driver.open(plan.identity, plan.identity.root);
    const leaves = leaveOut.ofVolume(plan.identity, plan.identity.root, spec.snapshot !== 'none');
    const filter = keepFilter(plan.identity, exclusion, new Set(), leaves, () => undefined);
    for (const path of plan.paths) {
      for (const batch of volume.walk(path, filter.below(path))) {
        context.cancellation.check();
        for (const node of batch.nodes) {
          files++;
          if (node.kind === 'file') bytes += sizeOf(node);
        }
      }
    }
  }
  return Promise.resolve({ outcome: 'done', problemCount: 0, files, bytes });
}

function sizeOf(node: { facts(): { size: number } }): number {
  try {
    return node.facts().size;
  } catch (error) {
    if (isWinbackError(error)) return 0;
    throw error;
  }
}
