import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { regularSegments, type RegularSegments } from './regular-segments.js';
import { BATCH, Shared, type Stretch } from './stretch.js';
import type { FileKey } from '../metadata/fek.js';

/** Below this, threads cost more than they save. */
const LEAST_SEGMENTS = 512;
const THREADS = 4;
const LOOK_MS = 50;
// Sources run unbuilt have no module that a thread could load.
const CAN_START_THREADS = !import.meta.url.endsWith('.ts');

/** What several threads may decrypt of a raw file; undefined where that is little, or the file is not as regular as it takes. */
export function stretchOf(input: string): RegularSegments | undefined {
  const found = CAN_START_THREADS ? regularSegments(input) : undefined;
  return found && found.segments >= LEAST_SEGMENTS ? found : undefined;
}

/**
 * Decrypts the whole segments that a raw file's unnamed stream begins with, by several threads, into a file that exists.
 * @returns whether that is done; false where a segment is not as it should be
 */
export async function decryptInParallel(
  input: string,
  output: string,
  found: RegularSegments,
  { key, algorithm }: FileKey,
  check: (() => Promise<void>) | undefined,
): Promise<boolean> {
  const memory = new SharedArrayBuffer(Shared.WORDS * 4);
  const shared = new Int32Array(memory);
  const stretch: Stretch = { input, output, at: found.at, segments: found.segments, key, algorithm };
  const count = Math.min(THREADS, availableParallelism(), Math.ceil(found.segments / BATCH));
  const threads = Array.from({ length: count }, () => new DecryptThread(stretch, memory));
  let stopped: { readonly error: unknown } | undefined;
  const looking = setInterval(() => {
    check?.().catch((error: unknown) => {
      stopped = { error };
      Atomics.store(shared, Shared.STOP, 1);
    });
  }, LOOK_MS);
  try {
    const results = await Promise.all(threads.map(({ done }) => done));
    if (stopped) throw stopped.error;
    return results.every((isRegular) => isRegular);
  } finally {
    clearInterval(looking);
    Atomics.store(shared, Shared.STOP, 1);
    await Promise.all(threads.map((thread) => thread.end()));
  }
}

class DecryptThread {
  readonly #worker: Worker;
  /** False where the file is not regular. */
  readonly done: Promise<boolean>;

  constructor(stretch: Stretch, memory: SharedArrayBuffer) {
    this.#worker = new Worker(new URL('./decrypt-thread.js', import.meta.url), { workerData: { stretch, memory } });
    this.done = new Promise((resolve, reject) => {
      this.#worker.once('message', resolve);
      this.#worker.once('error', reject);
      this.#worker.once('exit', () => reject(new TypeError('a thread that decrypts ended early')));
    });
    this.done.catch(() => undefined);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
