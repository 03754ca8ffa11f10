import { Worker } from 'node:worker_threads';
import type { OpenTapeOptions, TapeDrive, TapeDriver } from '../api/index.js';
import type { OpenedDrive } from './drive-calls.js';
import { driveMemory, Owner, Word, type DriveMemory } from './drive-memory.js';
import { SharedRing } from './shared-ring.js';
import { ThreadedDrive } from './threaded-drive.js';

/** A thread that has not begun by then never will: the drive is opened here instead. */
const THREAD_START_MS = 10_000;
// Sources run unbuilt have no module that a thread could load.
const CAN_START_THREADS = !import.meta.url.endsWith('.ts');

/** Threads without a drive: the next one is opened there. */
const idle: SharedRing[] = [];

function startDriveThread(workerData: DriveMemory): void {
  const worker = new Worker(new URL('./drive-thread.js', import.meta.url), { workerData });
  // One that cannot even be loaded opens nothing, and is not waited for any more.
  worker.on('error', () => undefined);
  worker.unref();
}

/** Undefined: it does not begin. */
function newThread(start: (memory: DriveMemory) => void, patience: number): SharedRing | undefined {
  const memory = driveMemory();
  const shared = new SharedRing(memory, Word.BELL_USER, Word.BELL_DRIVE);
  start(memory);
  shared.wait(() => shared.load(Word.OWNER) === Owner.THREAD, patience);
  return Atomics.compareExchange(shared.words, Word.OWNER, Owner.NOBODY, Owner.USER) === Owner.THREAD ? shared : undefined;
}

/** Opens a drive in a thread of its own, with a buffer; where its driver is not made for that, in this one. @throws as {@link TapeDriver.open} */
export function openThreaded(
  driver: TapeDriver,
  address: string,
  options: OpenTapeOptions,
  startThread: (memory: DriveMemory) => void = startDriveThread,
  patience = THREAD_START_MS,
): TapeDrive {
  if (!driver.inThread || !CAN_START_THREADS) return driver.open(address, options);
  const shared = idle.pop() ?? newThread(startThread, patience);
  if (!shared) return driver.open(address, options);
  const free = (): void => void idle.push(shared);
  try {
    const opened = shared.ask({ name: 'open', driver: driver.inThread, address, options }) as OpenedDrive;
    return new ThreadedDrive(shared, opened, free);
  } catch (error) {
    free();
    throw error;
  }
}
