import { estimateBackup, type EstimateResult } from '../backup/estimate.js';
import { runBackup } from '../backup/run-backup.js';
import { deleteBackups } from '../catalog/delete-backups.js';
import { listItems } from '../catalog/list-items.js';
import { listVersions, type VersionsResult } from '../catalog/list-versions.js';
import type {
  BackupResult,
  BackupSpec,
  DeleteResult,
  DeleteSpec,
  ItemsResult,
  ItemsSpec,
  JobContext,
  RecoveryResult,
  RecoverySpec,
  TargetSpec,
  VerifyResult,
  VerifySpec,
} from '../job/job.js';
import { runRecovery } from '../recovery/run-recovery.js';
import { runVerify } from '../verify/run-verify.js';

export interface JobSpecs {
  readonly backup: BackupSpec;
  readonly estimate: BackupSpec;
  readonly recovery: RecoverySpec;
  readonly verify: VerifySpec;
  readonly versions: TargetSpec;
  readonly items: ItemsSpec;
  readonly delete: DeleteSpec;
}

export interface JobResults {
  readonly backup: BackupResult;
  readonly estimate: EstimateResult;
  readonly recovery: RecoveryResult;
  readonly verify: VerifyResult;
  readonly versions: VersionsResult;
  readonly items: ItemsResult;
  readonly delete: DeleteResult;
}

export type JobKind = keyof JobSpecs;
export interface JobOf<K extends JobKind> {
  readonly kind: K;
  readonly spec: JobSpecs[K];
}
export type Job = { [K in JobKind]: JobOf<K> }[JobKind];

const RUNNERS: { readonly [K in JobKind]: (context: JobContext, spec: JobSpecs[K]) => Promise<JobResults[K]> } = {
  backup: runBackup,
  estimate: estimateBackup,
  recovery: runRecovery,
  verify: runVerify,
  versions: listVersions,
  items: listItems,
  delete: deleteBackups,
};

/** Runs a job in this thread. */
export function performJob<K extends JobKind>(context: JobContext, job: JobOf<K>): Promise<JobResults[K]> {
  return RUNNERS[job.kind](context, job.spec);
}
