import { Worker } from 'node:worker_threads';
import { CancellationSwitch, createContainer, loadPlugins, type ResolvedPlugin } from '@winback/core';
import type { JobEvent } from '../job/job.js';
import { performJob, type JobKind, type JobOf, type JobResults } from './jobs.js';
import { fromWire, type WorkerData, type WorkerMessage } from './wire.js';

export type { Job, JobKind, JobOf, JobResults, JobSpecs } from './jobs.js';
export { JobError } from './wire.js';

export interface RunJobOptions {
  readonly plugins: readonly ResolvedPlugin[];
  readonly onEvent: (event: JobEvent) => void;
  /** Stops the job; it then rejects with INTERRUPTED and leaves the target as it was. */
  readonly signal?: AbortSignal | undefined;
  /** Default true: a thread of its own, so that this one stays responsive. False runs it here. */
  readonly worker?: boolean;
}

/**
 * Runs a job to its end.
 * @throws whatever the job throws: a WinbackError with its code, details and hint
 */
export async function runJob<K extends JobKind>(job: JobOf<K>, options: RunJobOptions): Promise<JobResults[K]> {
  const cancellation = new CancellationSwitch();
  const cancel = (): void => {
    cancellation.cancel();
  };
  if (options.signal?.aborted) cancel();
  options.signal?.addEventListener('abort', cancel);
  try {
    // Sources run unbuilt (tests, development) have no module that a worker could load.
    if (options.worker === false || import.meta.url.endsWith('.ts')) {
      const container = createContainer(await loadPlugins(options.plugins));
      return await performJob({ container, cancellation, onEvent: options.onEvent }, job);
    }
    return (await inWorker(
      { job, plugins: options.plugins, cancellation: cancellation.memory } as WorkerData,
      options.onEvent,
    )) as JobResults[K];
  } finally {
    options.signal?.removeEventListener('abort', cancel);
  }
}

function inWorker(workerData: WorkerData, onEvent: (event: JobEvent) => void): Promise<JobResults[JobKind]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./engine-worker.js', import.meta.url), { workerData });
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'event') onEvent(message.event);
      else if (message.type === 'result') resolve(message.result);
      else reject(fromWire(message.error));
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      reject(new TypeError(`the job's thread ended early (exit code ${String(code)})`));
    });
  });
}
