import { alignedSharedMemory } from '../../../io/aligned-memory.js';

/** Bytes of content that wait to be written at most. */
export const RING_SIZE = 4 << 20;
/** The most that one entry carries: a part of the ring, so that writing and filling go on side by side. */
export const ENTRY_DATA = 512 << 10;
/**
 * What a file has behind this place is written directly: the disk is kept busy by so much either way, and much that nobody reads soon
 * pushes nothing out of the page cache.
 */
export const DIRECT_FROM = 64 << 20;
/** Entries that wait at most; each can hold a file open. */
export const ENTRY_COUNT = 128;

/** Words that the two threads share. */
export const Word = {
  /** Entries handed over so far. */
  FILLED: 0,
  /** Entries carried out so far. */
  DONE: 1,
  /** 1: the thread is to end once all is done. */
  STOP: 2,
  /** {@link Owner} */
  OWNER: 3,
  /** 1: the thread sleeps until there is something to do. */
  THREAD_SLEEPS: 4,
  /** 1: the filling side sleeps until something is done. */
  FILLER_SLEEPS: 5,
} as const;

/** Who carries entries out. Taken once, by whoever comes first. */
export const Owner = { NOBODY: 0, THREAD: 1, FILLER: 2 } as const;

/** What is to be done with a file; both at once for a small one. */
export const Action = { WRITE: 1, FINISH: 2 } as const;

/** Numbers of an entry, in this order. Times are seconds and nanoseconds as utimensat(2) takes them. */
export const Field = {
  ACTIONS: 0,
  FD: 1,
  /** Where in the ring the data begins. */
  DATA: 2,
  LENGTH: 3,
  /** Where in the file it goes. */
  POSITION: 4,
  ACCESS_SECONDS: 5,
  ACCESS_NANOSECONDS: 6,
  WRITE_SECONDS: 7,
  WRITE_NANOSECONDS: 8,
} as const;
export const FIELD_COUNT = 9;

/** What failed first in an entry. */
export const Step = { NONE: 0, WRITE: 1, TIMES: 2, CLOSE: 3 } as const;

export interface QueueMemory {
  readonly ring: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
  readonly fields: SharedArrayBuffer;
  /** For each entry: {@link Step} and errno. */
  readonly results: SharedArrayBuffer;
}

export const queueMemory = (): QueueMemory => ({
  ring: alignedSharedMemory(RING_SIZE),
  words: new SharedArrayBuffer(4 * Object.keys(Word).length),
  fields: new SharedArrayBuffer(8 * FIELD_COUNT * ENTRY_COUNT),
  results: new SharedArrayBuffer(8 * ENTRY_COUNT),
});
