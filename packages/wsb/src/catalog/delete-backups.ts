import { CatalogError, UsageError } from '@winback/core';
import type { DeleteResult, DeleteSpec, JobContext } from '../job/job.js';
import { withTarget } from '../target/open-target.js';

/** Deletes versions from a target. @throws TARGET_UNSUPPORTED where the target cannot, VERSION_NOT_FOUND */
export async function deleteBackups(context: JobContext, spec: DeleteSpec): Promise<DeleteResult> {
  const ways = [spec.version !== undefined, spec.keepVersions !== undefined, spec.deleteOldest === true].filter(Boolean).length;
  if (ways !== 1) throw new UsageError('say exactly one of --version, --keep-versions and --delete-oldest');
  const { nextMedia, version } = spec;
  const options = { mode: 'append', nextMedia, version, cancellation: context.cancellation } as const;
  return withTarget(context.container, spec.target, options, async (target) => {
    // Says why, before cartridges are looked for.
    if (!target.capabilities.has('delete')) await target.deleteSets([]);
    const ids = (await target.versions()).map((v) => v.id);
    const doomed = choose(ids, spec);
    await target.deleteSets(doomed);
    return { outcome: 'done', problemCount: 0, deleted: doomed };
  });
}

function choose(ids: readonly string[], spec: DeleteSpec): readonly string[] {
  if (spec.version === undefined) return ids.slice(0, spec.deleteOldest ? 1 : Math.max(0, ids.length - (spec.keepVersions ?? 0)));
  const version = spec.version === 'latest' ? ids.at(-1) : spec.version;
  if (version === undefined || !ids.includes(version))
    throw new CatalogError('VERSION_NOT_FOUND', `${spec.target} holds no version ${spec.version}`, { version: spec.version });
  return [version];
}
