import type { BackupSetReader } from '@winback/core';
import type { JobContext } from '../job/job.js';

/** Goes through a set without a promise for each file, where the target can. */
export async function eachFile(
  context: JobContext,
  reader: BackupSetReader,
  handle: (file: NonNullable<Awaited<ReturnType<BackupSetReader['next']>>>) => Promise<void> | undefined,
): Promise<void> {
  for (;;) {
    context.cancellation.check();
    const next = reader.next();
    const file = next instanceof Promise ? await next : next;
    if (!file) return;
    const waiting = handle(file);
    if (waiting) await waiting;
  }
}
