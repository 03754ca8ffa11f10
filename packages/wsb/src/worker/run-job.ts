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
  /** Backups: count in a second thread what there is to do, so that progress has totals. Default false. */
  readonly estimate?: boolean;
}

// Sources run unbuilt (tests, development) have no module that a worker could load.
const CAN_START_WORKERS = !import.meta.url.endsWith('.ts');

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
  const { plugins } = options;
  try {
    if (options.worker === false || !CAN_START_WORKERS) {
      const container = createContainer(await loadPlugins(plugins));
      return await performJob({ container, cancellation, onEvent: options.onEvent }, job);
    }
    const estimate = options.estimate && job.kind === 'backup' ? new Estimate(job, plugins) : undefined;
    const onEvent = estimate ? estimate.completing(options.onEvent) : options.onEvent;
    try {
      return (await start(job, plugins, cancellation, onEvent)) as JobResults[K];
    } finally {
      estimate?.stop();
    }
  } finally {
    options.signal?.removeEventListener('abort', cancel);
  }
}

/** The totals of a backup, counted beside it. */
class Estimate {
  #totals: { totalFiles?: number; totalBytes?: number } = {};
  readonly #cancellation = new CancellationSwitch();

  constructor(backup: JobOf<JobKind>, plugins: readonly ResolvedPlugin[]) {
    const job = { kind: 'estimate', spec: backup.spec } as JobOf<'estimate'>;
    start(job, plugins, this.#cancellation, () => undefined).then(
      (result) => {
        const { files, bytes } = result as JobResults['estimate'];
        this.#totals = { totalFiles: files, totalBytes: bytes };
      },
      // Stopped with its backup, or a trouble that the backup meets and reports itself.
      () => undefined,
    );
  }

  completing(onEvent: (event: JobEvent) => void): (event: JobEvent) => void {
    return (event) => {
      onEvent(event.type === 'progress' ? { ...event, progress: { ...event.progress, ...this.#totals } } : event);
    };
  }

  stop(): void {
    this.#cancellation.cancel();
  }
}

function start(
  job: JobOf<JobKind>,
  plugins: readonly ResolvedPlugin[],
  cancellation: CancellationSwitch,
  onEvent: (event: JobEvent) => void,
): Promise<JobResults[JobKind]> {
  const workerData = { job, plugins, cancellation: cancellation.memory } as WorkerData;
  return new Promise<JobResults[JobKind]>((resolve, reject) => {
    const worker = new Worker(new URL('./engine-worker.js', import.meta.url), { workerData });
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'event') onEvent(message.event);
      else if (message.type === 'result') resolve(message.result);
      else reject(fromWire(message.error));
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      reject(new TypeError(`the job's thread ended early (exit code ${code})`));
    });
  });
}
