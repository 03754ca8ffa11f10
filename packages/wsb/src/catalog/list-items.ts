import { toDate } from '@winback/core';
import { ItemBatch } from '../job/item-batch.js';
import type { ItemsResult, ItemsSpec, JobContext } from '../job/job.js';
import { ProblemList } from '../job/problem-list.js';
import { displayPath } from '../job/volume-path.js';
import { Selection } from '../recovery/selection.js';
import { withTarget } from '../target/open-target.js';
import { reportDamage } from './report-damage.js';

/** The files and folders of one version, as events. @throws VERSION_NOT_FOUND, ITEM_NOT_FOUND, TARGET_* */
export async function listItems(context: JobContext, spec: ItemsSpec): Promise<ItemsResult> {
  const { nextMedia, version } = spec;
  const options = { mode: 'read', nextMedia, version, cancellation: context.cancellation } as const;
  return withTarget(context.container, spec.target, options, async (target) => {
    const problems = new ProblemList(context.onEvent);
    const items = new ItemBatch(context.onEvent);
    const selection = new Selection(spec.items?.length ? spec.items : ['/']);
    const reader = await target.openSet(spec.version, { wants: selection.chosen, listing: true });
    let count = 0;
    try {
      for (;;) {
        const next = reader.next();
        const file = next instanceof Promise ? await next : next;
        if (!file) break;
        context.cancellation.check();
        const { entry, volume } = file;
        if (entry.implied || !selection.wants(volume, entry.path)) continue;
        items.add({
          path: displayPath(volume, entry.path),
          kind: entry.kind,
          size: entry.size,
          modified: toDate(entry.times.lastWrite).toISOString(),
        });
        count++;
      }
    } finally {
      await reader.close();
    }
    items.flush();
    reportDamage(reader.damage, problems, spec.target);
    selection.assertFound(spec.version);
    return { outcome: problems.outcome, problemCount: problems.count, version: reader.version.id, count };
  });
}
