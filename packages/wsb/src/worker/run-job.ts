import { Worker } from 'node:worker_threads';
import type { CancellationSwitch, ResolvedPlugin } from '@winback/core';
import type { JobEvent } from '../job/job.js';
import type { JobKind, JobOf, JobResults } from './jobs.js';
import type { WorkerMessage, WorkerOrder } from './wire.js';

// Nothing of weight is imported before the job's thread has been started: both then load at the same time.

export type { Job, JobKind, JobOf, JobResults, JobSpecs } from './jobs.js';

export interface RunJobOptions {
  /** Found while the job's thread starts. */
  readonly plugins: () => Promise<readonly ResolvedPlugin[]>;
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
  const thread = options.worker === false || !CAN_START_WORKERS ? undefined : new JobThread();
  try {
    const { CancellationSwitch: Switch } = await import('@winback/core');
    const cancellation = new Switch();
    const plugins = await options.plugins();
    return await cancelledBy(options.signal, cancellation, async () => {
      if (!thread) return runHere(job, plugins, cancellation, options.onEvent);
      const estimate = options.estimate && job.kind === 'backup' ? new Estimate(job, plugins, new Switch()) : undefined;
      try {
        const onEvent = estimate ? estimate.completing(options.onEvent) : options.onEvent;
        return (await thread.perform({ job, plugins, cancellation: cancellation.memory } as WorkerOrder, onEvent)) as JobResults[K];
      } finally {
        await estimate?.stop();
      }
    });
  } finally {
    await thread?.end();
  }
}

async function runHere<K extends JobKind>(
  job: JobOf<K>,
  plugins: readonly ResolvedPlugin[],
  cancellation: CancellationSwitch,
  onEvent: (event: JobEvent) => void,
): Promise<JobResults[K]> {
  const { createContainer, loadPlugins } = await import('@winback/core');
  const { performJob } = await import('./jobs.js');
  return performJob({ container: createContainer(await loadPlugins(plugins)), cancellation, onEvent }, job);
}

async function cancelledBy<T>(signal: AbortSignal | undefined, cancellation: CancellationSwitch, work: () => Promise<T>): Promise<T> {
  const cancel = (): void => {
    cancellation.cancel();
  };
  if (signal?.aborted) cancel();
  signal?.addEventListener('abort', cancel);
  try {
    return await work();
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

/** A thread that performs one job. */
class JobThread {
  readonly #worker = new Worker(new URL('./engine-worker.js', import.meta.url));
  /** Set when the thread fails before or while it has an order. */
  #failure: unknown;

  constructor() {
    this.#worker.on('error', (error) => (this.#failure = error));
  }

  perform(order: WorkerOrder, onEvent: (event: JobEvent) => void): Promise<JobResults[JobKind]> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        reject(error instanceof Error ? error : new TypeError(String(error)));
      };
      if (this.#failure !== undefined) fail(this.#failure);
      // Once the last message has come, the thread may end before that message has been dealt with.
      let answered = false;
      this.#worker.on('message', (message: WorkerMessage) => {
        answered ||= message.type !== 'event';
        if (message.type === 'event') onEvent(message.event);
        else if (message.type === 'result') resolve(message.result);
        else {
          import('@winback/core').then(({ errorFromWire }) => {
            reject(errorFromWire(message.error));
          }, fail);
        }
      });
      this.#worker.on('error', fail);
      this.#worker.on('exit', (code) => {
        if (!answered) reject(new TypeError(`the job's thread ended early (exit code ${code})`));
      });
      this.#worker.postMessage(order);
    });
  }

  async end(): Promise<void> {
    this.#worker.removeAllListeners('exit');
    await this.#worker.terminate();
  }
}

/** Jobs that take no longer need no totals, and are not to be slowed by them. */
const ESTIMATE_AFTER_MS = 1500;

/** The totals of a backup, counted beside it once it turns out to be a long one. */
class Estimate {
  #thread: JobThread | undefined;
  #done: Promise<void> | undefined;
  #totals: { totalFiles?: number; totalBytes?: number } = {};
  readonly #timer: NodeJS.Timeout;

  constructor(
    backup: JobOf<JobKind>,
    plugins: readonly ResolvedPlugin[],
    private readonly cancellation: CancellationSwitch,
  ) {
    this.#timer = setTimeout(() => {
      this.#start({ kind: 'estimate', spec: backup.spec } as JobOf<'estimate'>, plugins);
    }, ESTIMATE_AFTER_MS);
  }

  #start(job: JobOf<'estimate'>, plugins: readonly ResolvedPlugin[]): void {
    this.#thread = new JobThread();
    this.#done = this.#thread
      .perform({ job, plugins, cancellation: this.cancellation.memory }, () => undefined)
      .then(
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

  /** Resolves once its thread has answered: one that is ended while it calls a C function takes the whole process with it. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.cancellation.cancel();
    await this.#done;
    await this.#thread?.end();
  }
}
