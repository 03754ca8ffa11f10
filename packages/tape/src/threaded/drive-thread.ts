import { errorToWire } from '@winback/core/base';
import { workerData } from 'node:worker_threads';
import type { TapeDriver } from '../api/index.js';
import type { DriveCall, OpenedDrive } from './drive-calls.js';
import { Call, Owner, Word, type DriveMemory } from './drive-memory.js';
import { DriveServer } from './drive-server.js';
import { SharedRing } from './shared-ring.js';

// The thread of a ThreadedDrive: opens a drive and serves it until it is closed, then the next one.
const shared = new SharedRing(workerData as DriveMemory, Word.BELL_DRIVE, Word.BELL_USER);

async function open(call: DriveCall): Promise<ReturnType<TapeDriver['open']>> {
  if (call.name !== 'open') throw new TypeError(`${call.name} comes before open`);
  const { module, make } = call.driver;
  const made = ((await import(module)) as Readonly<Record<string, (() => TapeDriver) | undefined>>)[make];
  if (!made) throw new TypeError(`${module} exports no ${make}`);
  return made().open(call.address, call.options);
}

if (Atomics.compareExchange(shared.words, Word.OWNER, Owner.NOBODY, Owner.THREAD) === Owner.NOBODY) {
  shared.ring();
  for (;;) {
    shared.wait(() => shared.load(Word.CALL) === Call.ASKED);
    let server: DriveServer | undefined;
    try {
      const drive = await open(shared.receive() as DriveCall);
      const { name, localFiles } = drive;
      shared.send({ result: { name, localFiles } satisfies OpenedDrive });
      server = new DriveServer(drive, shared);
    } catch (error) {
      shared.send({ error: errorToWire(error) });
    }
    shared.hand(Call.ANSWERED);
    server?.run();
  }
}
