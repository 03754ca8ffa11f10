import { all, FILE_HANDLER, isWinbackError, PLATFORM, toDate } from '@winback/core';
import type { BackupResult, BackupSpec, JobContext, ListedItem, VolumeConsistency } from '../job/job.js';
import { ItemBatch } from '../job/item-batch.js';
import { ProblemList } from '../job/problem-list.js';
import { displayPath } from '../job/volume-path.js';
import { targetDriverFor } from '../target/open-target.js';
import { compileExclusions } from './exclusions.js';
import { keepFilter } from './keep-filter.js';
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
  let [files, directories, bytes, excluded] = [0, 0, 0, 0];
  for (const handler of all(container, FILE_HANDLER)) onEvent({ type: 'notice', message: `file handler: ${handler.name}` });
  for (const plan of volumes) {
    using volume = plan.driver.open(plan.identity, plan.identity.root);
    const filter = keepFilter(plan.identity, exclusion, new Set(), () => undefined);
    for (const path of plan.paths) {
      for (const batch of volume.walk(path, filter.keep)) {
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
  return { outcome: problems.outcome, problemCount: problems.count, files, directories, bytes, excluded, bytesWritten: 0, snapshots };
}
