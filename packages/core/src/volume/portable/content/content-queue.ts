import { Worker } from 'node:worker_threads';
import type { FileTimes } from '../../../facts/file-times.js';
import { DIRECT_ALIGNMENT } from '../../../io/aligned-memory.js';
import { timeParts } from '../apply-facts.js';
import { EntryPerformer } from './entry-performer.js';
import {
  Action,
  DIRECT_FROM,
  ENTRY_COUNT,
  ENTRY_DATA,
  Field,
  FIELD_COUNT,
  Owner,
  queueMemory,
  RING_SIZE,
  Step,
  Word,
  type QueueMemory,
} from './queue-memory.js';

/** Files finished without a thread before one is started: starting it costs more than it saves a few files. */
const THREAD_FROM_FILES = 100;
const THREAD_FROM_BYTES = 8 << 20;
/** Work that a sleeping thread is woken for; it looks by itself now and then. */
const WAKE_ENTRIES = 16;
const WAKE_BYTES = 1 << 20;
const ALIGNMENT = 64;
/** A thread that has not begun by then never will. */
const THREAD_START_MS = 10_000;
// Sources run unbuilt have no module that a thread could load.
const CAN_START_THREADS = !import.meta.url.endsWith('.ts');

/** Something that went wrong with a file after it was handed over. */
export interface ContentFailure {
  readonly path: string;
  readonly errno: number;
  /** Whether the content is wrong, or only the file's times. */
  readonly what: 'content' | 'times';
}

interface OpenEntry {
  readonly fd: number;
  readonly slot: number;
  /** Where in the ring its data begins, and where in the file it goes. */
  readonly at: number;
  readonly position: number;
  /** Bytes that it has, and can have. */
  length: number;
  readonly capacity: number;
}

function startContentThread(memory: QueueMemory): void {
  new Worker(new URL('./content-thread.js', import.meta.url), { workerData: memory }).unref();
}

/**
 * Content of recovered files on its way to the disk: writing it, setting the times and closing goes on in a thread while the next
 * files are read, checked and made. Synchronous to its user, who waits only when the queue is full. What fails is told later, by
 * `failures`.
 */
export class ContentQueue {
  readonly #memory = queueMemory();
  readonly #ring = new Uint8Array(this.#memory.ring);
  readonly #words = new Int32Array(this.#memory.words);
  readonly #fields = new Float64Array(this.#memory.fields);
  readonly #results = new Int32Array(this.#memory.results);
  readonly #performer = new EntryPerformer(this.#memory);
  readonly #paths = new Array<string>(ENTRY_COUNT).fill('');
  /** For each entry, how far the ring was used with it. */
  readonly #ends = new Float64Array(ENTRY_COUNT);
  readonly #failures: ContentFailure[] = [];
  /** Bytes of the ring used and freed since the beginning, gaps at its end among them. */
  #used = 0;
  #freed = 0;
  /** Entries whose results were looked at. */
  #seen = 0;
  /** The entry being made up; small files are written and finished by one. */
  #open: OpenEntry | undefined;
  #files = 0;
  #bytes = 0;
  #hasThread = false;
  #direct = !CAN_START_THREADS;

  /** @param patience milliseconds until a thread that has not begun is given up */
  constructor(
    private readonly startThread: (memory: QueueMemory) => void = startContentThread,
    private readonly patience = THREAD_START_MS,
  ) {}

  /** Writes `data`, which is copied, to a place in an open file. */
  write(fd: number, data: Uint8Array, position: number, path: string): void {
    for (let from = 0; from < data.length;) {
      const place = position + from;
      const entry = this.#isContinued(fd, place) ?? this.#beginData(fd, place, data.length - from, path);
      const length = Math.min(data.length - from, entry.capacity - entry.length);
      this.#ring.set(length === data.length ? data : data.subarray(from, from + length), entry.at + entry.length);
      entry.length += length;
      this.#set(entry.slot, Field.LENGTH, entry.length);
      from += length;
    }
    this.#bytes += data.length;
  }

  /** The entry being made up, where what goes to a place has room in it. */
  #isContinued(fd: number, position: number): OpenEntry | undefined {
    const entry = this.#open;
    const fits = entry?.fd === fd && entry.length < entry.capacity && entry.position + entry.length === position;
    return fits ? entry : undefined;
  }

  #beginData(fd: number, position: number, bytes: number, path: string): OpenEntry {
    this.#handOver();
    const isLong = position >= DIRECT_FROM;
    // What is written directly begins and ends on pages, in the ring as in the file.
    const capacity = isLong ? ENTRY_DATA - (position % ENTRY_DATA) : Math.min(bytes, ENTRY_DATA);
    const at = this.#reserve(capacity, isLong ? DIRECT_ALIGNMENT : ALIGNMENT);
    const slot = this.#begin(fd, Action.WRITE, path);
    this.#set(slot, Field.DATA, at);
    this.#set(slot, Field.POSITION, position);
    return (this.#open = { fd, slot, at, position, length: 0, capacity });
  }

  /** Sets a file's times once its content is written, and closes it. */
  finish(fd: number, times: FileTimes, path: string): void {
    if (this.#open?.fd !== fd) this.#handOver();
    const slot = this.#open?.slot ?? this.#begin(fd, 0, path);
    this.#set(slot, Field.ACTIONS, (this.#fields[slot * FIELD_COUNT + Field.ACTIONS] ?? 0) | Action.FINISH);
    const [access, write] = [timeParts(times.lastAccess), timeParts(times.lastWrite)];
    this.#set(slot, Field.ACCESS_SECONDS, Number(access.seconds));
    this.#set(slot, Field.ACCESS_NANOSECONDS, Number(access.nanoseconds));
    this.#set(slot, Field.WRITE_SECONDS, Number(write.seconds));
    this.#set(slot, Field.WRITE_NANOSECONDS, Number(write.nanoseconds));
    this.#files++;
    this.#handOver();
  }

  /** What failed since the last call, as far as it is known by now. */
  failures(): ContentFailure[] {
    this.#look();
    return this.#failures.splice(0);
  }

  /** Waits until everything handed over is done. */
  drain(): void {
    this.#handOver();
    this.#waitUntil(() => Atomics.load(this.#words, Word.DONE) === this.#filled);
    this.#look();
  }

  /** Waits for what was handed over, and ends the thread. */
  close(): void {
    this.drain();
    if (!this.#hasThread) return;
    Atomics.store(this.#words, Word.STOP, 1);
    Atomics.notify(this.#words, Word.FILLED);
    this.#hasThread = false;
  }

  get #filled(): number {
    return Atomics.load(this.#words, Word.FILLED);
  }

  #set(slot: number, field: number, value: number): void {
    this.#fields[slot * FIELD_COUNT + field] = value;
  }

  /** A free entry. */
  #begin(fd: number, actions: number, path: string): number {
    const number = this.#filled;
    this.#waitUntil(() => number - this.#seen < ENTRY_COUNT);
    const slot = number % ENTRY_COUNT;
    this.#paths[slot] = path;
    this.#ends[slot] = this.#used;
    this.#set(slot, Field.ACTIONS, actions);
    this.#set(slot, Field.FD, fd);
    this.#open = { fd, slot, at: 0, position: 0, length: 0, capacity: 0 };
    return slot;
  }

  /** Free bytes in one piece; their place in the ring. */
  #reserve(bytes: number, alignment: number): number {
    // V8 copies into shared memory word by word, or byte by byte where source and destination are not aligned alike.
    const length = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const left = RING_SIZE - (this.#used % RING_SIZE);
    const unaligned = left % alignment;
    const gap = left - unaligned < length ? left : unaligned;
    this.#waitUntil(() => this.#used + gap + length - this.#freed <= RING_SIZE);
    const at = (this.#used + gap) % RING_SIZE;
    this.#used += gap + length;
    return at;
  }

  #handOver(): void {
    if (!this.#open) return;
    this.#open = undefined;
    const number = this.#filled;
    const short = this.#files < THREAD_FROM_FILES && this.#bytes < THREAD_FROM_BYTES;
    if (!this.#hasThread && (short || this.#direct)) {
      this.#performer.perform(number);
      Atomics.add(this.#words, Word.FILLED, 1);
      Atomics.add(this.#words, Word.DONE, 1);
      this.#look();
      return;
    }
    if (!this.#hasThread) {
      this.#hasThread = true;
      this.startThread(this.#memory);
    }
    Atomics.add(this.#words, Word.FILLED, 1);
    const waiting = number + 1 - Atomics.load(this.#words, Word.DONE);
    const much = waiting >= WAKE_ENTRIES || this.#used - this.#freed >= WAKE_BYTES;
    if (much && Atomics.load(this.#words, Word.THREAD_SLEEPS) === 1) Atomics.notify(this.#words, Word.FILLED);
  }

  /** Looks at the results of entries that are done, and frees what they held. */
  #look(): void {
    for (const done = Atomics.load(this.#words, Word.DONE); this.#seen < done; this.#seen++) {
      const slot = this.#seen % ENTRY_COUNT;
      this.#freed = this.#ends[slot] ?? 0;
      const step = this.#results[2 * slot] ?? 0;
      const errno = this.#results[2 * slot + 1] ?? 0;
      if (step !== Step.NONE)
        this.#failures.push({ path: this.#paths[slot] ?? '', errno, what: step === Step.TIMES ? 'times' : 'content' });
    }
  }

  #waitUntil(done: () => boolean): void {
    for (;;) {
      const before = Atomics.load(this.#words, Word.DONE);
      this.#look();
      if (done()) return;
      Atomics.store(this.#words, Word.FILLER_SLEEPS, 1);
      Atomics.notify(this.#words, Word.FILLED);
      const answer = Atomics.wait(this.#words, Word.DONE, before, this.patience);
      Atomics.store(this.#words, Word.FILLER_SLEEPS, 0);
      if (answer === 'timed-out') this.#takeOver();
    }
  }

  /** Carries everything out itself from now on, unless the thread has begun and is merely slow. */
  #takeOver(): void {
    if (Atomics.compareExchange(this.#words, Word.OWNER, Owner.NOBODY, Owner.FILLER) !== Owner.NOBODY) return;
    this.#direct = true;
    this.#hasThread = false;
    for (let next = Atomics.load(this.#words, Word.DONE); next < this.#filled; next++) {
      this.#performer.perform(next);
      Atomics.add(this.#words, Word.DONE, 1);
    }
  }
}
