import {
  TapePositionMethod,
  TapePrepare,
  tapeError,
  TapeStatus,
  type TapeBuffer,
  type TapeDrive,
  type TapeDriveParameters,
  type TapeMediaParameters,
  type TapePosition,
  type TapeStatusCode,
  type TapeStop,
  type TapeTransfer,
} from '../api/index.js';
import { writeBlock } from '../io/write-block.js';
import type { DriveCall, OpenedDrive, PlainCall, Transferred } from './drive-calls.js';
import { BUFFER_SIZE, Flow, slotSize, Word } from './drive-memory.js';
import type { SharedRing } from './shared-ring.js';

/** Blocks of one size that are read one behind the other before the drive reads on by itself. */
const READS_BEFORE_AHEAD = 2;

/** What a sleeping drive is woken for at once; less it finds when it looks by itself. */
const WAKE_BYTES = 1 << 20;

/** Moves that do not start from where the drive stands. */
const ABSOLUTE: ReadonlySet<number> = new Set([
  TapePositionMethod.REWIND,
  TapePositionMethod.ABSOLUTE_BLOCK,
  TapePositionMethod.LOGICAL_BLOCK,
  TapePositionMethod.PSEUDO_LOGICAL_BLOCK,
  TapePositionMethod.SPACE_END_OF_DATA,
]);

/**
 * A drive that works in a thread of its own: blocks that are put into its buffer are written there, and while blocks are read one behind the
 * other it reads on. Every other call does what it does on the drive itself, which stands where its user believes it to stand.
 */
export class ThreadedDrive implements TapeDrive, TapeBuffer {
  readonly name: string;
  readonly localFiles: readonly string[] | undefined;
  readonly buffer: TapeBuffer = this;
  readonly size = BUFFER_SIZE;
  readonly #transfer: { bytes: number; status: TapeStatusCode } = { bytes: 0, status: TapeStatus.NO_ERROR };
  /** What the ring is used for. */
  #use: 'nothing' | 'writing' | 'reading' = 'nothing';
  #blockSize = 0;
  /** Size of the blocks that were read one behind the other, and how many. */
  #readSize = 0;
  #reads = 0;
  #canReadAhead = true;
  #closed = false;

  constructor(
    private readonly shared: SharedRing,
    { name, localFiles }: OpenedDrive,
    /** The thread has no drive any more. */
    private readonly closed: () => void,
  ) {
    this.name = name;
    this.localFiles = localFiles;
  }

  get filled(): number {
    return this.#use === 'nothing' ? 0 : this.shared.held * this.#blockSize;
  }

  put(block: Uint8Array): TapeStop | undefined {
    const { shared } = this;
    if (this.#use !== 'writing' || block.length !== this.#blockSize) {
      this.#settle(true);
      this.#ask({ name: 'startWriting', blockSize: block.length });
      this.#use = 'writing';
      this.#blockSize = block.length;
    }
    shared.wait(() => !shared.isFull || shared.load(Word.FLOW) === Flow.STOPPED);
    if (shared.load(Word.FLOW) === Flow.STOPPED) return this.#stopped(block);
    shared.free.set(block);
    shared.filledQuietly(block.length);
    // Waking a thread costs as much as handling a block.
    if (shared.held * block.length >= WAKE_BYTES) shared.ring();
    return undefined;
  }

  drain(): TapeStop | undefined {
    const { shared } = this;
    if (this.#use !== 'writing') return undefined;
    shared.ring();
    shared.wait(() => shared.held === 0 || shared.load(Word.FLOW) === Flow.STOPPED);
    return shared.load(Word.FLOW) === Flow.STOPPED ? this.#stopped() : undefined;
  }

  /** What the drive did not take any more, and `last` behind it. */
  #stopped(last?: Uint8Array): TapeStop {
    const { shared } = this;
    this.#use = 'nothing';
    this.#ask({ name: 'why' });
    const blocks: Uint8Array[] = [];
    while (shared.held > 0) {
      blocks.push(new Uint8Array(shared.oldest));
      shared.taken();
    }
    if (last) blocks.push(last);
    return { unwritten: Buffer.concat(blocks) };
  }

  read(into: Uint8Array): TapeTransfer {
    const { shared } = this;
    if (this.#use === 'reading' && into.length === this.#blockSize) {
      shared.wait(() => shared.held > 0 || shared.load(Word.FLOW) === Flow.STOPPED);
      if (shared.held > 0) {
        const block = shared.oldest;
        into.set(block);
        const { length } = block;
        shared.taken();
        return this.#transferred({ bytes: length, status: TapeStatus.NO_ERROR });
      }
      this.#use = 'nothing';
      this.#reads = 0;
      return this.#transferred(this.#ask({ name: 'why' }) as Transferred);
    }
    this.#settle(true);
    this.#mustFit(into.length, 'reading');
    const met = this.#ask({ name: 'read', length: into.length }) as Transferred;
    into.set(shared.scratch.subarray(0, met.bytes));
    this.#readAhead(into.length, met);
    return this.#transferred(met);
  }

  #readAhead(size: number, { bytes, status }: Transferred): void {
    const inRow = bytes > 0 && status === TapeStatus.NO_ERROR;
    this.#reads = !inRow ? 0 : size === this.#readSize ? this.#reads + 1 : 1;
    this.#readSize = size;
    if (this.#reads < READS_BEFORE_AHEAD || !this.#canReadAhead || slotSize(size) > BUFFER_SIZE) return;
    this.#canReadAhead = this.#ask({ name: 'startReading', blockSize: size }) as boolean;
    if (!this.#canReadAhead) return;
    this.#use = 'reading';
    this.#blockSize = size;
  }

  write(data: Uint8Array): TapeTransfer {
    this.#settle(true);
    this.#mustFit(data.length, 'writing');
    this.shared.scratch.set(data);
    return this.#transferred(this.#ask({ name: 'write', length: data.length }) as Transferred);
  }

  #transferred({ bytes, status }: Transferred): TapeTransfer {
    this.#transfer.bytes = bytes;
    this.#transfer.status = status;
    return this.#transfer;
  }

  #mustFit(length: number, what: string): void {
    if (length > BUFFER_SIZE)
      throw tapeError(TapeStatus.ERROR_INVALID_BLOCK_LENGTH, this.name, what, { bytes: length, maximum: BUFFER_SIZE });
  }

  /** The drive stands where its user believes it to stand, with all blocks on it that were put. @param back whether that matters */
  #settle(back: boolean): void {
    if (this.#use === 'writing') {
      const stop = this.drain();
      this.#use = 'nothing';
      // Whoever neither puts nor drains any more does not want to hear of the warning: drives have room behind it.
      for (let at = 0, rest = stop?.unwritten ?? new Uint8Array(0); at < rest.length; at += this.#blockSize)
        writeBlock(this, rest.subarray(at, at + this.#blockSize));
    }
    if (this.#use !== 'reading') return;
    this.#use = 'nothing';
    this.#ask({ name: 'stopReading', back });
  }

  #ask(call: DriveCall): unknown {
    const { shared } = this;
    if (call.name !== 'read' && call.name !== 'startReading') this.#reads = 0;
    if (this.#closed) throw tapeError(TapeStatus.ERROR_NOT_READY, this.name, 'using a drive that was closed');
    return shared.ask(call);
  }

  #call(method: PlainCall, ...args: readonly unknown[]): unknown {
    return this.#ask({ name: 'call', method, args });
  }

  /** Of calls that move the drive, or depend on where it stands. */
  #callInPlace(method: PlainCall, ...args: readonly unknown[]): unknown {
    this.#settle(true);
    return this.#call(method, ...args);
  }

  getDriveParameters(): TapeDriveParameters {
    return this.#callInPlace('getDriveParameters') as TapeDriveParameters;
  }

  getMediaParameters(): TapeMediaParameters {
    return this.#callInPlace('getMediaParameters') as TapeMediaParameters;
  }

  setDriveParameters(...args: Parameters<TapeDrive['setDriveParameters']>): void {
    this.#callInPlace('setDriveParameters', ...args);
  }

  setMediaParameters(...args: Parameters<TapeDrive['setMediaParameters']>): void {
    this.#callInPlace('setMediaParameters', ...args);
    this.#canReadAhead = true;
  }

  getTapePosition(...args: Parameters<TapeDrive['getTapePosition']>): TapePosition {
    return this.#callInPlace('getTapePosition', ...args) as TapePosition;
  }

  getTapeStatus(): TapeStatusCode {
    if (this.#closed) return TapeStatus.ERROR_NOT_READY;
    // What was read ahead stays: the cartridge may be another one by now, on which there is no place to go back to.
    if (this.#use === 'writing') this.#settle(true);
    return this.#call('getTapeStatus') as TapeStatusCode;
  }

  prepareTape(...args: Parameters<TapeDrive['prepareTape']>): void {
    this.#settle(args[0] === TapePrepare.LOCK || args[0] === TapePrepare.UNLOCK);
    this.#call('prepareTape', ...args);
    this.#canReadAhead = true;
  }

  setTapePosition(...args: Parameters<TapeDrive['setTapePosition']>): void {
    this.#settle(!ABSOLUTE.has(args[0]));
    this.#call('setTapePosition', ...args);
  }

  eraseTape(...args: Parameters<TapeDrive['eraseTape']>): void {
    this.#callInPlace('eraseTape', ...args);
  }

  createTapePartition(...args: Parameters<TapeDrive['createTapePartition']>): void {
    this.#callInPlace('createTapePartition', ...args);
  }

  writeTapemark(...args: Parameters<TapeDrive['writeTapemark']>): void {
    this.#callInPlace('writeTapemark', ...args);
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    try {
      this.#settle(false);
    } finally {
      try {
        this.#ask({ name: 'close' });
      } finally {
        this.#closed = true;
        this.closed();
      }
    }
  }
}
