import { errorFromWire } from '@winback/core/base';
import { deserialize, serialize } from 'node:v8';
import type { DriveAnswer, DriveCall } from './drive-calls.js';
import { Call, Word, type DriveMemory } from './drive-memory.js';

/** One thread's view of what the two share. */
export class SharedRing {
  readonly words: Int32Array;
  readonly #text: Uint8Array;
  readonly #data: Uint8Array;
  readonly #lengths: Int32Array;

  constructor(
    readonly memory: DriveMemory,
    /** The bell that this thread hears. */
    private readonly mine: number,
    private readonly others: number,
  ) {
    this.words = new Int32Array(memory.words);
    this.#text = new Uint8Array(memory.text);
    this.#data = new Uint8Array(memory.data);
    this.#lengths = new Int32Array(memory.lengths);
  }

  load(word: number): number {
    return Atomics.load(this.words, word);
  }

  store(word: number, value: number): void {
    Atomics.store(this.words, word, value);
  }

  /** Wakes the other thread. */
  ring(): void {
    Atomics.add(this.words, this.others, 1);
    // Whoever goes to sleep from now on sees that the bell has rung.
    if (this.load(Word.ASLEEP + this.others) !== 0) Atomics.notify(this.words, this.others);
  }

  /** Waits until `ready` or, where a time is given, for so long. True: it is ready. */
  wait(ready: () => boolean, milliseconds = Infinity): boolean {
    for (;;) {
      const bell = this.load(this.mine);
      if (ready()) return true;
      this.store(Word.ASLEEP + this.mine, 1);
      const woken = Atomics.wait(this.words, this.mine, bell, milliseconds);
      this.store(Word.ASLEEP + this.mine, 0);
      if (woken === 'timed-out') return ready();
    }
  }

  /** Blocks in the ring. Both counts go round at 2^32. */
  get held(): number {
    return (this.load(Word.FILLED) - this.load(Word.TAKEN)) | 0;
  }

  get isFull(): boolean {
    return this.held >= this.load(Word.SLOTS);
  }

  /** The slot of a count. */
  #slot(count: number): number {
    return (count >>> 0) % this.load(Word.SLOTS);
  }

  /** Memory of the next slot to be filled. */
  get free(): Uint8Array {
    const at = this.#slot(this.load(Word.FILLED)) * this.load(Word.SLOT_SIZE);
    return this.#data.subarray(at, at + this.load(Word.SLOT_SIZE));
  }

  filled(length: number): void {
    this.filledQuietly(length);
    this.ring();
  }

  /** The same, without waking whoever takes: for those who look by themselves now and then. */
  filledQuietly(length: number): void {
    this.#lengths[this.#slot(this.load(Word.FILLED))] = length;
    Atomics.add(this.words, Word.FILLED, 1);
  }

  /** The oldest block in the ring. */
  get oldest(): Uint8Array {
    const slot = this.#slot(this.load(Word.TAKEN));
    const at = slot * this.load(Word.SLOT_SIZE);
    return this.#data.subarray(at, at + (this.#lengths[slot] ?? 0));
  }

  taken(): void {
    Atomics.add(this.words, Word.TAKEN, 1);
    // Whoever waits for room has some to fill then, and is not woken for each block.
    const { held } = this;
    if (held === 0 || held === this.load(Word.SLOTS) >>> 1) this.ring();
  }

  /** The beginning of the ring's memory, for one transfer that does not go through it. */
  get scratch(): Uint8Array {
    return this.#data;
  }

  /** Begins with an empty ring of slots for blocks of a size. */
  reset(slot: number): void {
    this.store(Word.SLOT_SIZE, slot);
    // A power of two, so that the counts may go round.
    this.store(Word.SLOTS, 2 ** Math.floor(Math.log2(this.#data.length / slot)));
    this.store(Word.FILLED, 0);
    this.store(Word.TAKEN, 0);
  }

  /** Asks the other thread, and waits for its answer. @throws what the call threw there */
  ask(call: DriveCall): unknown {
    if (!this.send(call)) throw new TypeError('the parameters of a call have no room in the memory for them');
    this.hand(Call.ASKED);
    this.wait(() => this.load(Word.CALL) === Call.ANSWERED);
    this.store(Word.CALL, Call.NONE);
    const answer = this.receive() as DriveAnswer;
    if ('error' in answer) throw errorFromWire(answer.error);
    return answer.result;
  }

  /** What the other thread left in the text. */
  receive(): unknown {
    // Copied: what is made of it must not change with the memory.
    return deserialize(Buffer.from(this.#text.slice(0, this.load(Word.TEXT_LENGTH))));
  }

  /** Puts something into the text. False: it has no room. */
  send(value: unknown): boolean {
    const bytes = serialize(value);
    if (bytes.length > this.#text.length) return false;
    this.#text.set(bytes);
    this.store(Word.TEXT_LENGTH, bytes.length);
    return true;
  }

  /** Hands the text over as a call or an answer. */
  hand(state: typeof Call.ASKED | typeof Call.ANSWERED): void {
    this.store(Word.CALL, state);
    this.ring();
  }
}
