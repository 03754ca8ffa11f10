import { randomUUID } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { describeNodeError, nodeErrno, RecoveryError, textToBytes } from '@winback/core';
import { locate } from '../backup/plan.js';
import { reportDamage } from '../catalog/report-damage.js';
import type { JobContext, RecoveryResult, RecoverySpec } from '../job/job.js';
import { ProblemList } from '../job/problem-list.js';
import { ProgressMeter } from '../job/progress-meter.js';
import { RecoveredHives } from '../registry/recovered-hives.js';
import { withTarget } from '../target/open-target.js';
import { leaveOutOfBlocks } from './leave-out-of-blocks.js';
import { eachFile } from './each-file.js';
import { FileRecoverer } from './file-recoverer.js';
import { beginHandled } from './handled.js';
import { itemNotFound, Selection } from './selection.js';
import { volumeFolders } from './volume-folders.js';

/**
 * Recovers files of one version below a folder. What cannot be recovered is listed, the rest is done.
 * @throws VERSION_NOT_FOUND, ITEM_NOT_FOUND (nothing asked for is there), EFS_KEY_FILE, EFS_PASSWORD, RECOVERY_IO (no room), TARGET_*, INTERRUPTED
 */
export async function runRecovery(context: JobContext, spec: RecoverySpec): Promise<RecoveryResult> {
  const handled = beginHandled(context.container, { keyFiles: spec.keyFiles });
  const { nextMedia, version: wanted } = spec;
  const options = { mode: 'read', nextMedia, version: wanted, cancellation: context.cancellation } as const;
  return withTarget(context.container, spec.target, options, async (target) => {
    const { onEvent } = context;
    const problems = new ProblemList(onEvent);
    const selection = new Selection(spec.items);
    const first = await target.openSet(spec.version, { wants: selection.chosen });
    const version = first.version.id;
    const meter = new ProgressMeter('recovery', onEvent, target, () => ({ files: first.version.files, bytes: first.version.bytes }));
    makeFolder(spec.recoveryTarget);
    const { driver } = locate(context.container, spec.recoveryTarget);
    using folder = driver.openRecovery(spec.recoveryTarget, { overwrite: spec.overwrite, facts: spec.facts });
    const leaveOut = await leaveOutOfBlocks(context, spec, { target, problems, selection });
    using hives = new RecoveredHives(spec.recoveryTarget, randomUUID);
    const whole = new Set<string>();
    const recoverer = new FileRecoverer({
      context,
      problems,
      meter,
      folder,
      folderOf: volumeFolders(first.version.volumes),
      reader: first,
      hives: spec.overwrite === 'overwrite' ? hives : undefined,
      isWhole: ({ root }) => whole.has(root),
      handled,
    });
    try {
      await eachFile(context, first, async (file) => {
        if (file.entry.implied || !selection.wants(file.volume, file.entry.path)) return;
        if (file.entry.path === '') whole.add(file.volume.root);
        if (leaveOut.leaves(file)) return;
        await recoverer.recover(file);
      });
    } finally {
      await first.close();
    }
    reportDamage(first.damage, problems, spec.target);

    // Hard links whose first sight was not asked for: their content is taken from it in a second pass.
    if (recoverer.orphans.size > 0) {
      const second = await target.openSet(version, { wants: recoverer.isAwaited });
      try {
        await eachFile(context, second, (file) => recoverer.adopt(file));
      } finally {
        await second.close();
      }
      recoverer.reportOrphans();
    }
    for (const problem of folder.finish()) problems.add(problem);
    const recoveredHives = hives.finish(problems);

    const { missing } = selection;
    if (missing.length > 0 && missing.length === spec.items.length) throw itemNotFound(missing[0] ?? '', version);
    for (const item of missing) problems.add({ path: item, error: itemNotFound(item, version), effect: 'skipped' });
    return {
      outcome: problems.outcome,
      problemCount: problems.count,
      version,
      files: meter.files,
      directories: meter.directories,
      bytes: meter.bytes,
      skipped: recoverer.skipped,
      converted: folder.converted,
      leftOut: leaveOut.result,
      hives: recoveredHives,
    };
  });
}

/** Makes the recovery target and what is missing above it, one after the other: so the error is that of the one that could not be made. */
function makeFolder(path: string, target = path): void {
  const bytes = Buffer.from(textToBytes(path));
  try {
    const found = statSync(bytes, { throwIfNoEntry: false });
    if (found?.isDirectory()) return;
    if (!found) {
      const above = dirname(path);
      if (above !== path) makeFolder(above, target);
      mkdirSync(bytes);
      return;
    }
  } catch (error) {
    const errno = nodeErrno(error);
    if (errno === undefined) throw error;
    const hint = errno === 'EROFS' ? { hint: 'it is mounted read-only; remount it or choose another one' } : {};
    const message = `recovery target ${target}: ${path} cannot be made: ${describeNodeError(error)}`;
    throw new RecoveryError('RECOVERY_IO', message, { path: target, errno }, { cause: error, ...hint });
  }
  const what = path === target ? `recovery target ${target} is not a folder` : `recovery target ${target}: ${path} is not a folder`;
  throw new RecoveryError('RECOVERY_EXISTS', what, { path: target }, { hint: 'name a folder with --recovery-target' });
}
