import { all, FILE_HANDLER, isWinbackError, PLATFORM, toDate } from '@winback/core';
import type { BackupResult, BackupSpec, JobContext, ListedItem, VolumeConsistency } from '../job/job.js';
import { ItemBatch } from '../job/item-batch.js';
import { ProblemList } from '../job/problem-list.js';
import { displayPath } from '../job/volume-path.js';
import { targetDriverFor } from '../target/open-target.js';
import { compileExclusions } from './exclusions.js';
import { keepFilter } from './keep-filter.js';
import { leaveOutFor } from './leave-out.js';
import type { VolumePlan } from './plan.js';

/** Says what a backup would keep. Takes no snapshot and does not touch the target. */
export function whatIfBackup(
  context: JobContext,
  spec: BackupSpec,
  volumes: readonly VolumePlan[],
  snapshots: readonly VolumeConsistency[],
): BackupResult {
  const { container, onEvent, cancellation } = context;
  targetDriverFor(container, spec.target);
  const problems = new ProblemList(onEvent);
  const exclusion = compileExclusions(spec.exclude, container.resolve(PLATFORM).os === 'win32');
  const items = new ItemBatch(onEvent);
  const leaveOut = leaveOutFor(context, spec, problems);
  let [files, directories, bytes, excluded] = [0, 0, 0, 0];
  for (const handler of all(container, FILE_HANDLER)) onEvent({ type: 'notice', message: `file handler: ${handler.name}` });
  for (const plan of volumes) {
    const { identity } = plan;
    using volume = plan.driver.open(identity, identity.root);
    const fromSnapshot = snapshots.some(({ volume: root, consistent }) => consistent && root === identity.root);
    const filter = keepFilter(identity, exclusion, new Set(), leaveOut.ofVolume(identity, identity.root, fromSnapshot), () => undefined);
    for (const path of plan.paths) {
      for (const batch of volume.walk(path, filter.below(path))) {
        for (const problem of batch.problems) problems.add(problem, displayPath(plan.identity, problem.path));
        for (const node of batch.nodes) {
          cancellation.check();
          try {
            const entry = node.facts();
            if (entry.kind === 'directory') directories++;
            else files++;
            if (entry.kind === 'file') bytes += entry.size;
            const item: ListedItem = {
              path: displayPath(plan.identity, entry.path),
              kind: entry.kind,
              size: entry.size,
              modified: toDate(entry.times.lastWrite).toISOString(),
            };
            items.add(item);
          } catch (error) {
            if (!isWinbackError(error) || !error.code.startsWith('SOURCE_')) throw error;
            problems.add({ path: node.path, error, effect: 'skipped' }, displayPath(plan.identity, node.path));
          }
        }
      }
    }
    excluded += filter.excluded;
  }
  items.flush();
  const { outcome, count: problemCount } = problems;
  return { outcome, problemCount, files, directories, bytes, excluded, leftOut: leaveOut.result, bytesWritten: 0, snapshots };
}
