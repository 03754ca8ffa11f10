import type { VolumeIdentity } from '@winback/core';
import type { BackupSpec, JobContext, LeftOutResult } from '../job/job.js';
import type { ProblemList } from '../job/problem-list.js';
import { LeftOut, type LeaveOut } from '../registry/left-out.js';
import { targetDriverFor } from '../target/open-target.js';

/** What the registry leaves out of a backup. */
export interface BackupLeaveOut {
  ofVolume(volume: VolumeIdentity, root: string, fromSnapshot: boolean): (included: string) => LeaveOut;
  readonly result: LeftOutResult;
}

/** @param problems where odd entries are noted; undefined: nobody is told */
export function leaveOutFor({ container, onEvent }: JobContext, spec: BackupSpec, problems: ProblemList | undefined): BackupLeaveOut {
  if (spec.backupKeys === 'ignore') return { ofVolume: () => () => () => false, result: { entries: [], known: 0 } };
  const leftOut = new LeftOut(container, problems, onEvent);
  const fromBackups = targetDriverFor(container, spec.target).level !== 'blocks';
  return {
    ofVolume: (volume, root, fromSnapshot) => leftOut.ofVolume(volume, root, { fromBackups, fromSnapshots: fromSnapshot }),
    get result() {
      return leftOut.result;
    },
  };
}
