import type { BackupVersion } from '@winback/core';
import type { JobContext, JobResult, TargetSpec } from '../job/job.js';
import { ProblemList } from '../job/problem-list.js';
import { reportDamage } from './report-damage.js';
import { withTarget } from '../target/open-target.js';

export interface VersionsResult extends JobResult {
  readonly versions: readonly BackupVersion[];
}

/** The versions that a target holds, oldest first. @throws TARGET_* */
export async function listVersions(context: JobContext, spec: TargetSpec): Promise<VersionsResult> {
  const options = { mode: 'read', nextMedia: spec.nextMedia, cancellation: context.cancellation } as const;
  return withTarget(context.container, spec.target, options, async (target) => {
    const problems = new ProblemList(context.onEvent);
    const versions = await target.versions();
    reportDamage(target.damage, problems, spec.target);
    return { outcome: problems.outcome, problemCount: problems.count, versions };
  });
}
