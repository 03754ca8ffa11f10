import { alignedSharedMemory } from './aligned-memory.js';

/** Bytes of one piece: large enough that calls cost nothing, small enough to stay in the processor's cache. */
export const PIECE_SIZE = 1 << 20;
/** Pieces in memory: one is filled while the others are written. */
export const PIECE_COUNT = 8;

/** Indexes of the words that the two threads share. */
export const Word = {
  /** Pieces handed over so far. */
  FILLED: 0,
  /** Pieces written so far, or given up on after an error. */
  WRITTEN: 1,
  /** 1: the writing thread is to end once all is written. */
  STOP: 2,
  /** Length of the error's text in {@link RingMemory.error}; 0 while all is well. */
  ERROR: 3,
  /** {@link Owner}: who writes. Taken once, by whoever comes first. */
  OWNER: 4,
  /** The number of the first piece that could not be written, counted like the others. */
  FAILED: 5,
} as const;

/** Who writes the pieces. */
export const Owner = { NOBODY: 0, THREAD: 1, FILLER: 2 } as const;

const ERROR_SIZE = 1024;

/** What the filling and the writing thread share. */
export interface RingMemory {
  readonly data: SharedArrayBuffer;
  /** {@link Word} */
  readonly words: SharedArrayBuffer;
  /** For each piece: its length, and its place in the file. */
  readonly places: SharedArrayBuffer;
  /** `{ code, syscall, message }` of a failed write, as JSON. */
  readonly error: SharedArrayBuffer;
}

export const ringMemory = (): RingMemory => ({
  data: alignedSharedMemory(PIECE_SIZE * PIECE_COUNT),
  words: new SharedArrayBuffer(4 * Object.keys(Word).length),
  places: new SharedArrayBuffer(8 * 2 * PIECE_COUNT),
  error: new SharedArrayBuffer(ERROR_SIZE),
});
