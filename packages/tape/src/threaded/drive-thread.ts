import { errorToWire } from '@winback/core';
import { workerData } from 'node:worker_threads';
import type { OpenTapeOptions, TapeDriver } from '../api/index.js';
import type { DriveInThreadOrder } from './open-threaded.js';
import { Call, Owner, Word } from './drive-memory.js';
import { DriveServer } from './drive-server.js';
import { SharedRing } from './shared-ring.js';

// The thread of a ThreadedDrive: opens the drive and serves it until it is closed.
const { driver, address, options, memory } = workerData as DriveInThreadOrder;
const shared = new SharedRing(memory, Word.BELL_DRIVE, Word.BELL_USER);

async function open(): Promise<ReturnType<TapeDriver['open']>> {
  const module = (await import(driver.module)) as Readonly<Record<string, () => TapeDriver>>;
  const make = module[driver.make];
  if (!make) throw new TypeError(`${driver.module} exports no ${driver.make}`);
  return make().open(address, options satisfies OpenTapeOptions);
}

if (Atomics.compareExchange(shared.words, Word.OWNER, Owner.NOBODY, Owner.THREAD) === Owner.NOBODY) {
  let server: DriveServer | undefined;
  try {
    const drive = await open();
    server = new DriveServer(drive, shared);
    const { name, localFiles } = drive;
    shared.send({ result: { name, localFiles } });
  } catch (error) {
    shared.send({ error: errorToWire(error) });
  }
  shared.hand(Call.ANSWERED);
  server?.run();
}
