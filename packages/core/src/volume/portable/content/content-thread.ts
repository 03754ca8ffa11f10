import { workerData } from 'node:worker_threads';
import { EntryPerformer } from './entry-performer.js';
import { Owner, Word, type QueueMemory } from './queue-memory.js';

// The carrying out side of ContentQueue: takes entries in order until it is told to stop.
const memory = workerData as QueueMemory;
const words = new Int32Array(memory.words);
const performer = new EntryPerformer(memory);

/** Waking a thread costs more than a small file: it is done for much work, and little work is found after a nap. */
const NAP_MS = 1;

const mine = Atomics.compareExchange(words, Word.OWNER, Owner.NOBODY, Owner.THREAD) === Owner.NOBODY;
for (let next = Atomics.load(words, Word.DONE); mine; next++) {
  while (Atomics.load(words, Word.FILLED) === next && Atomics.load(words, Word.STOP) === 0) {
    Atomics.store(words, Word.THREAD_SLEEPS, 1);
    Atomics.wait(words, Word.FILLED, next, NAP_MS);
    Atomics.store(words, Word.THREAD_SLEEPS, 0);
  }
  if (Atomics.load(words, Word.FILLED) === next) break;
  performer.perform(next);
  Atomics.add(words, Word.DONE, 1);
  if (Atomics.load(words, Word.FILLER_SLEEPS) === 1) Atomics.notify(words, Word.DONE);
}
