import { PIECE_SIZE } from '../../io/piece-ring.js';
import type { PieceSink } from '../../io/piece-sink.js';
import { TapeStatus, tapeError, type TapeDrive } from '../../api/index.js';
import { writeBlock } from './write-tape.js';

/** Most that a cartridge begins with before the set goes on. */
const REPEATED_MAX = 65_536;

/** Asked at every block once the end of the cartridge is near. */
export interface EndOfMedium {
  /**
   * Changes the cartridge where the set can be cut at this place; undefined where it cannot.
   * Answers with the drive to go on with and the bytes that come before what follows.
   */
  change(position: number): { readonly drive: TapeDrive; readonly repeated: Uint8Array } | undefined;
  /** Everything before this place is on the medium. */
  written(position: number): void;
}

/**
 * Writes what an output gathers in blocks of one size. What does not fill a block waits for more. When the drive warns of the end of
 * the medium, the set goes on on the next one at the first place where it can be cut.
 */
export class TapeSink implements PieceSink {
  readonly memory: ArrayBuffer;
  readonly #bytes: Uint8Array;
  /** Bytes at the beginning of the memory that are not written yet. */
  #waiting = 0;
  #ending = false;
  #lost = false;
  /** Where physical blocks begin: at places that, with this added, are multiples of the block size. */
  phase = 0;

  constructor(
    public drive: TapeDrive,
    readonly blockSize: number,
    private readonly end: EndOfMedium,
  ) {
    if (PIECE_SIZE % blockSize !== 0) throw new TypeError(`blocks of ${String(blockSize)} bytes do not fill pieces`);
    this.memory = new ArrayBuffer(PIECE_SIZE + blockSize + REPEATED_MAX);
    this.#bytes = new Uint8Array(this.memory);
  }

  get start(): number {
    return this.#waiting;
  }

  /** The drive has warned that the end of the medium is near. */
  get ending(): boolean {
    return this.#ending;
  }

  submit(length: number, position: number): void {
    const { blockSize } = this;
    let base = position - this.#waiting;
    let end = this.#waiting + length;
    let at = 0;
    while (end - at >= blockSize) {
      this.#write(this.#bytes.subarray(at, at + blockSize));
      at += blockSize;
      this.end.written(base + at);
      const next = this.#ending ? this.end.change(base + at) : undefined;
      if (!next) continue;
      this.drive = next.drive;
      this.#ending = false;
      const { length: before } = next.repeated;
      this.#bytes.copyWithin(before, at, end);
      this.#bytes.set(next.repeated);
      base += at - before;
      end += before - at;
      at = 0;
      this.phase = (blockSize - (((base % blockSize) + blockSize) % blockSize)) % blockSize;
    }
    this.#bytes.copyWithin(0, at, end);
    this.#waiting = end - at;
  }

  #write(block: Uint8Array): void {
    this.#lost = true; // until it is on the tape
    if (writeBlock(this.drive, block)) this.#ending = true;
    this.#lost = false;
  }

  /** What does not fill a block waits on; whoever ends the output ends it with a whole one. */
  drain(): void {
    if (this.#lost) throw tapeError(TapeStatus.ERROR_IO_DEVICE, this.drive.name, 'writing');
  }

  syncs(): undefined {
    return undefined;
  }

  close(): void {
    if (this.#waiting > 0) throw new TypeError(`${String(this.#waiting)} bytes fill no block`);
  }

  discard(): void {
    this.#waiting = 0;
    this.#lost = false;
  }
}
