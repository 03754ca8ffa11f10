import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { DriveMemory } from '../../src/threaded/drive-memory.js';

// A thread can be started from built code only.
const at = (path: string): string => new URL(`../../dist/${path}`, import.meta.url).href;
const isBuilt = existsSync(new URL(at('threaded/open-threaded.js')));

export const unbuilt = isBuilt ? '' : ' (packages/tape is not built: npm run build)';
const threads = isBuilt
  ? ((await import(at('threaded/open-threaded.js'))) as typeof import('../../src/threaded/open-threaded.js'))
  : await import('../../src/threaded/open-threaded.js');

/** Without the conditions by which tests find sources: threads cannot load those. */
function startThread(workerData: DriveMemory): void {
  new Worker(new URL(at('threaded/drive-thread.js')), { workerData, execArgv: [] }).unref();
}

export const openThreaded: typeof threads.openThreaded = (driver, address, options, start, patience) =>
  threads.openThreaded(driver, address, options, start ?? startThread, patience);

export const { imageTapeDriver } = isBuilt
  ? ((await import(at('image/image-driver.js'))) as typeof import('../../src/image/image-driver.js'))
  : await import('../../src/image/image-driver.js');
