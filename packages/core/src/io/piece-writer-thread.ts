import { workerData } from 'node:worker_threads';
import { writeFully } from './direct-file.js';
import { Owner, PIECE_COUNT, PIECE_SIZE, Word } from './piece-ring.js';
import type { PieceOrder } from './piece-writer.js';

// The writing side of PieceWriter: takes pieces in order until it is told to stop.
const { memory, ...file } = workerData as PieceOrder;
const words = new Int32Array(memory.words);
const places = new Float64Array(memory.places);
const bytes = new Uint8Array(memory.data);

function fail(error: unknown, piece: number): void {
  const { message, code, syscall } = error as NodeJS.ErrnoException;
  const text = Buffer.from(JSON.stringify({ message: message.slice(0, 200), code, syscall }));
  new Uint8Array(memory.error).set(text.subarray(0, memory.error.byteLength));
  Atomics.store(words, Word.FAILED, piece);
  Atomics.store(words, Word.ERROR, text.length);
}

const mine = Atomics.compareExchange(words, Word.OWNER, Owner.NOBODY, Owner.THREAD) === Owner.NOBODY;
for (let next = 0; mine; next++) {
  while (Atomics.load(words, Word.FILLED) === next && Atomics.load(words, Word.STOP) === 0) Atomics.wait(words, Word.FILLED, next, 1000);
  if (Atomics.load(words, Word.FILLED) === next) break;
  const slot = next % PIECE_COUNT;
  try {
    // After an error nothing more is written: a gap would look like data.
    if (Atomics.load(words, Word.ERROR) === 0) writeFully(file, bytes, slot * PIECE_SIZE, places[2 * slot] ?? 0, places[2 * slot + 1] ?? 0);
  } catch (error) {
    fail(error, next);
  }
  Atomics.add(words, Word.WRITTEN, 1);
  Atomics.notify(words, Word.WRITTEN);
}
