import { Worker } from 'node:worker_threads';
import type { DriverInThread, OpenTapeOptions, TapeDrive, TapeDriver } from '../api/index.js';
import type { OpenedDrive } from './drive-calls.js';
import { Call, driveMemory, Owner, Word, type DriveMemory } from './drive-memory.js';
import { SharedRing } from './shared-ring.js';
import { answered, ThreadedDrive } from './threaded-drive.js';

/** What a drive's thread is told. */
export interface DriveInThreadOrder {
  readonly driver: DriverInThread;
  readonly address: string;
  readonly options: OpenTapeOptions;
  readonly memory: DriveMemory;
}

/** A thread that has not begun by then never will: the drive is opened here instead. */
const THREAD_START_MS = 10_000;
// Sources run unbuilt have no module that a thread could load.
const CAN_START_THREADS = !import.meta.url.endsWith('.ts');

function startDriveThread(workerData: DriveInThreadOrder): void {
  const worker = new Worker(new URL('./drive-thread.js', import.meta.url), { workerData });
  // One that cannot even be loaded opens nothing, and is not waited for any more.
  worker.on('error', () => undefined);
  worker.unref();
}

/** Opens a drive in a thread of its own, with a buffer; where its driver is not made for that, in this one. @throws as {@link TapeDriver.open} */
export function openThreaded(
  driver: TapeDriver,
  address: string,
  options: OpenTapeOptions,
  startThread: (order: DriveInThreadOrder) => void = startDriveThread,
  patience = THREAD_START_MS,
): TapeDrive {
  if (!driver.inThread || !CAN_START_THREADS) return driver.open(address, options);
  const memory = driveMemory();
  const shared = new SharedRing(memory, Word.BELL_USER, Word.BELL_DRIVE);
  startThread({ driver: driver.inThread, address, options, memory });
  const begun = shared.wait(() => shared.load(Word.CALL) === Call.ANSWERED, patience);
  if (!begun && Atomics.compareExchange(shared.words, Word.OWNER, Owner.NOBODY, Owner.USER) === Owner.NOBODY)
    return driver.open(address, options);
  return new ThreadedDrive(shared, answered(shared) as OpenedDrive);
}
