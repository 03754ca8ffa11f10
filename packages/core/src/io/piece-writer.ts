import { fdatasync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { closeDirect, openDirect, writeFully, type WritableFile } from './direct-file.js';
import { Owner, PIECE_COUNT, PIECE_SIZE, ringMemory, Word, type RingMemory } from './piece-ring.js';

/** Written without a thread up to here: starting one costs more than it saves. */
const THREAD_FROM = 8 * PIECE_SIZE;
/** Bytes after which the disk is set to work, so that little is left to wait for at the end. */
const SYNC_EVERY = 64 * PIECE_SIZE;
/** A thread that has not begun by then never will: the pieces are written here instead. */
const THREAD_START_MS = 10_000;
// Sources run unbuilt have no module that a thread could load.
const CAN_START_THREADS = !import.meta.url.endsWith('.ts');

/** What the thread is to write, and where. */
export interface PieceOrder extends WritableFile {
  readonly memory: RingMemory;
}

function startPieceThread(workerData: PieceOrder): void {
  // Flags of this process are no matter to it; conditions among them would lead built code to sources.
  new Worker(new URL('./piece-writer-thread.js', import.meta.url), { workerData, execArgv: [] }).unref();
}

export interface PieceWriterOptions {
  readonly startThread?: (order: PieceOrder) => void;
  /** Milliseconds until a thread that has not begun is given up. */
  readonly patience?: number;
  /** Whether the disk is set to work now and then: {@link PieceWriter.syncs} is asked for its errors then. */
  readonly syncEarly?: boolean;
  /** Whether long files have a thread. */
  readonly useThread?: boolean;
}

/**
 * Writes a file's pieces in order while the next ones are being filled: a ring of pieces in shared memory and, for long files, a
 * thread that writes them. Synchronous to its user, who waits only when all pieces are full.
 */
export class PieceWriter {
  readonly #memory = ringMemory();
  readonly #words = new Int32Array(this.#memory.words);
  readonly #places = new Float64Array(this.#memory.places);
  /** All pieces, one behind the other. */
  readonly memory = this.#memory.data;
  readonly #bytes = new Uint8Array(this.memory);
  #hasThread = false;
  /** Written here, without a thread. */
  #alone: boolean;
  /** The file once more, for the thread: what is long is written past the page cache. */
  #direct: number | undefined;
  #total = 0;
  readonly #syncs = new Set<Promise<void>>();
  #syncError: Error | undefined;
  #current = 0;
  /** Of a piece that was not written by the thread. */
  #failedAt: number | undefined;

  readonly #options: Required<PieceWriterOptions>;

  constructor(
    private readonly fd: number,
    options: PieceWriterOptions = {},
  ) {
    this.#options = { startThread: startPieceThread, patience: THREAD_START_MS, syncEarly: true, useThread: CAN_START_THREADS, ...options };
    this.#alone = !this.#options.useThread;
  }

  /** Where in the file the first byte goes that was handed over and is not written yet, or could not be. Undefined: all is written. */
  get unwritten(): number | undefined {
    const written = Atomics.load(this.#words, Word.WRITTEN);
    const placeOf = (piece: number): number | undefined => this.#places[2 * (piece % PIECE_COUNT) + 1];
    // Pieces behind one that failed count as written: that error comes first.
    if (Atomics.load(this.#words, Word.ERROR) !== 0) return placeOf(Atomics.load(this.#words, Word.FAILED));
    return written === this.#filled ? this.#failedAt : placeOf(written);
  }

  /** Where in the memory the piece begins that is to be filled. */
  get start(): number {
    return (this.#current % PIECE_COUNT) * PIECE_SIZE;
  }

  /**
   * Hands over the current piece and waits for the next one to be free.
   * @throws the system's error when this or an earlier piece could not be written
   */
  submit(length: number, position: number): void {
    const before = this.#total;
    this.#total += length;
    if (this.#options.syncEarly && Math.floor(before / SYNC_EVERY) < Math.floor(this.#total / SYNC_EVERY)) this.#startSync();
    if (this.#total < THREAD_FROM || this.#alone) {
      this.#failedAt = position; // unless it succeeds
      writeFully({ fd: this.fd }, this.#bytes, this.start, length, position);
      this.#failedAt = undefined;
      return;
    }
    if (!this.#hasThread) this.#start();
    const slot = this.#current % PIECE_COUNT;
    this.#places[2 * slot] = length;
    this.#places[2 * slot + 1] = position;
    this.#current++;
    Atomics.add(this.#words, Word.FILLED, 1);
    Atomics.notify(this.#words, Word.FILLED);
    this.#waitUntil((written) => this.#filled - written < PIECE_COUNT);
  }

  /**
   * Resolves once no flush to the disk is under way any more; undefined where none is. The system tells each of its errors once, so
   * those of flushes begun here must be asked for here.
   * @throws the system's error when one of them failed
   */
  syncs(): Promise<void> | undefined {
    if (this.#syncs.size === 0 && !this.#syncError) return undefined;
    return Promise.all(this.#syncs).then(() => {
      if (this.#syncError) throw this.#syncError;
    });
  }

  #startSync(): void {
    const sync = new Promise<void>((resolve) => {
      fdatasync(this.fd, (error) => {
        if (error) this.#syncError ??= error;
        this.#syncs.delete(sync);
        resolve();
      });
    });
    this.#syncs.add(sync);
  }

  /** Waits until everything handed over is written. @throws the system's error when something could not be */
  drain(): void {
    if (this.#hasThread) this.#waitUntil((written) => written === this.#filled);
  }

  #start(): void {
    this.#direct = openDirect(this.fd);
    this.#options.startThread({ fd: this.fd, direct: this.#direct, memory: this.#memory });
    this.#hasThread = true;
  }

  /** Ends the thread without caring whether pieces could be written, and waits until it writes no more. */
  discard(): void {
    if (!this.#hasThread) return;
    // A thread that has not begun finds nothing to do when it does.
    const begun = Atomics.compareExchange(this.#words, Word.OWNER, Owner.NOBODY, Owner.FILLER) === Owner.THREAD;
    if (begun) this.#waitForThread();
    this.#end();
  }

  /** Ends the thread; what was handed over is written first. */
  close(): void {
    if (!this.#hasThread) return;
    try {
      this.#takeOver();
      if (Atomics.load(this.#words, Word.OWNER) === Owner.THREAD) this.#waitForThread();
    } finally {
      this.#end();
    }
  }

  #waitForThread(): void {
    for (;;) {
      const written = Atomics.load(this.#words, Word.WRITTEN);
      if (written === this.#filled) return;
      Atomics.wait(this.#words, Word.WRITTEN, written);
    }
  }

  /** Nobody uses the file any more. */
  #end(): void {
    Atomics.store(this.#words, Word.STOP, 1);
    // It sleeps on the number of filled pieces.
    Atomics.notify(this.#words, Word.FILLED);
    this.#hasThread = false;
    closeDirect(this.#direct);
    this.#direct = undefined;
  }

  get #filled(): number {
    return Atomics.load(this.#words, Word.FILLED);
  }

  #waitUntil(done: (written: number) => boolean): void {
    for (;;) {
      const written = Atomics.load(this.#words, Word.WRITTEN);
      this.#throwError();
      if (done(written)) return;
      if (Atomics.wait(this.#words, Word.WRITTEN, written, this.#options.patience) === 'timed-out') this.#takeOver();
    }
  }

  /** Writes everything itself from now on, unless the thread has begun and is merely slow. */
  #takeOver(): void {
    if (Atomics.compareExchange(this.#words, Word.OWNER, Owner.NOBODY, Owner.FILLER) !== Owner.NOBODY) return;
    this.#alone = true;
    for (let next = Atomics.load(this.#words, Word.WRITTEN); next < this.#filled; next++) {
      const slot = next % PIECE_COUNT;
      writeFully({ fd: this.fd }, this.#bytes, slot * PIECE_SIZE, this.#places[2 * slot] ?? 0, this.#places[2 * slot + 1] ?? 0);
      Atomics.add(this.#words, Word.WRITTEN, 1);
    }
  }

  #throwError(): void {
    const length = Atomics.load(this.#words, Word.ERROR);
    if (length === 0) return;
    const text = Buffer.from(this.#memory.error, 0, length).toString('utf8');
    const { message, ...facts } = JSON.parse(text) as { message: string; code?: string; syscall?: string };
    throw Object.assign(new Error(message), facts);
  }
}
