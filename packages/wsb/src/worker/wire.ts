import type { ResolvedPlugin, WireError } from '@winback/core';
import type { JobEvent } from '../job/job.js';
import type { Job, JobResults } from './jobs.js';

/** What a job's thread is told, once. */
export interface WorkerOrder {
  readonly job: Job;
  readonly plugins: readonly ResolvedPlugin[];
  readonly cancellation: SharedArrayBuffer;
}

export type WorkerMessage =
  | { readonly type: 'event'; readonly event: JobEvent }
  | { readonly type: 'result'; readonly result: JobResults[Job['kind']] }
  | { readonly type: 'error'; readonly error: WireError };
