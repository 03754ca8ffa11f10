import { errorToWire, isWinbackError, type WireError } from '@winback/core/base';
import { TapePositionMethod, TapePositionType, TapeStatus, type TapeDrive, type TapePosition } from '../api/index.js';
import { writeBlock } from '../io/write-block.js';
import type { DriveAnswer, DriveCall, Transferred } from './drive-calls.js';
import { Call, Flow, slotSize, Word } from './drive-memory.js';
import type { SharedRing } from './shared-ring.js';

/** Little that is put into the ring wakes nobody: it is found after a nap. */
const NAP_MS = 2;

/** What a drive says once, to whoever calls it next, and must not be kept to itself. */
const TOLD_ONCE: ReadonlySet<string> = new Set(['TAPE_MEDIA_CHANGED', 'TAPE_BUS_RESET', 'TAPE_NO_MEDIA_IN_DRIVE']);

/** Why the ring stands still: an error, or what was met. */
type Why = { readonly error: unknown } | { readonly met: Transferred };

/** Does in the drive's thread what its user asks for, and keeps the drive busy in between. */
export class DriveServer {
  #why: Why | undefined;
  /** Where reading ahead began. */
  #start: TapePosition = { partition: 0, offset: 0 };

  constructor(
    private readonly drive: TapeDrive,
    private readonly shared: SharedRing,
  ) {}

  /** Returns once the drive is closed. */
  run(): void {
    const { shared } = this;
    for (let open = true; open;) {
      const nap = shared.load(Word.FLOW) === Flow.WRITING ? NAP_MS : Infinity;
      if (!shared.wait(() => shared.load(Word.CALL) === Call.ASKED || this.#canWrite || this.#canRead, nap)) continue;
      if (this.#canWrite) this.#writeOne();
      else if (shared.load(Word.CALL) === Call.ASKED) open = this.#answer(shared.receive() as DriveCall);
      else this.#readOne();
    }
  }

  get #canWrite(): boolean {
    return this.shared.load(Word.FLOW) === Flow.WRITING && this.shared.held > 0;
  }

  get #canRead(): boolean {
    return this.shared.load(Word.FLOW) === Flow.READING && !this.shared.isFull;
  }

  #writeOne(): void {
    const { drive, shared } = this;
    try {
      if (writeBlock(drive, shared.oldest)) this.#stop({ met: { bytes: 0, status: TapeStatus.ERROR_END_OF_MEDIA } });
      shared.taken();
    } catch (error) {
      this.#stop({ error });
    }
  }

  #readOne(): void {
    const { drive, shared } = this;
    try {
      const { bytes, status } = drive.read(shared.free);
      if (bytes > 0) shared.filled(bytes);
      if (status !== TapeStatus.NO_ERROR || bytes === 0) this.#stop({ met: { bytes: 0, status } });
    } catch (error) {
      this.#stop({ error });
    }
  }

  #stop(why: Why): void {
    this.#why = why;
    this.shared.store(Word.FLOW, Flow.STOPPED);
    this.shared.ring();
  }

  /** False: the drive is closed. */
  #answer(call: DriveCall): boolean {
    const { shared } = this;
    let answer: DriveAnswer;
    try {
      answer = { result: this.#perform(call) };
    } catch (error) {
      answer = { error: errorToWire(error) };
    }
    if (!shared.send(answer)) shared.send({ error: tooLong('error' in answer ? answer.error : undefined) });
    shared.hand(Call.ANSWERED);
    return call.name !== 'close';
  }

  #perform(call: DriveCall): unknown {
    const { drive, shared } = this;
    switch (call.name) {
      case 'call':
        return (drive[call.method] as (...args: unknown[]) => unknown).apply(drive, [...call.args]);
      case 'read':
        return { ...drive.read(shared.scratch.subarray(0, call.length)) };
      case 'write':
        return { ...drive.write(shared.scratch.subarray(0, call.length)) };
      case 'startWriting':
        this.#begin(call.blockSize, Flow.WRITING);
        return undefined;
      case 'startReading':
        return this.#startReading(call.blockSize);
      case 'stopReading':
        this.#stopReading(call.back);
        return undefined;
      case 'why': {
        const why = this.#why;
        this.#why = undefined;
        shared.store(Word.FLOW, Flow.NONE);
        if (why && 'error' in why) throw why.error;
        return why?.met;
      }
      case 'open':
        throw new TypeError('this thread has a drive already');
      case 'close':
        drive[Symbol.dispose]();
        return undefined;
    }
  }

  #begin(blockSize: number, flow: number): void {
    this.#why = undefined;
    this.shared.reset(slotSize(blockSize));
    this.shared.store(Word.FLOW, flow);
  }

  #startReading(blockSize: number): boolean {
    const { drive } = this;
    try {
      const fixed = drive.getMediaParameters().blockSize;
      if (fixed !== 0 && fixed !== blockSize) return false;
      this.#start = { ...drive.getTapePosition(TapePositionType.LOGICAL) };
    } catch (error) {
      if (isWinbackError(error, 'TAPE_UNSUPPORTED')) return false;
      throw error;
    }
    this.#begin(blockSize, Flow.READING);
    return true;
  }

  #stopReading(back: boolean): void {
    const { drive, shared } = this;
    const why = this.#why;
    this.#why = undefined;
    shared.store(Word.FLOW, Flow.NONE);
    if (why && 'error' in why && isWinbackError(why.error) && TOLD_ONCE.has(why.error.code)) throw why.error;
    if (!back || (shared.held === 0 && !why)) return;
    const { partition, offset } = this.#start;
    drive.setTapePosition(TapePositionMethod.LOGICAL_BLOCK, partition, offset + shared.load(Word.TAKEN));
  }
}

/** What is left of an error whose details have no room. */
function tooLong(error: WireError | undefined): WireError {
  if (!error) return errorToWire(new TypeError('the answer of the drive has no room in the memory for it'));
  const { code, name, hint, transient, details } = error;
  const message = error.message.slice(0, 4000);
  return { code, name, message, hint, transient, details: { status: details['status'] }, stack: undefined };
}
