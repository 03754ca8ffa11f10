import { isWinbackError } from '@winback/core';
import { PIECE_SIZE } from '@winback/core/io';
import { TapeStatus, tapeError, type TapeDrive, type TapeStop } from '../../api/index.js';
import type { PieceSink } from '../../io/piece-sink.js';
import { writeBlock } from '../../io/write-block.js';

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

const ALL_WRITTEN: TapeStop = { unwritten: new Uint8Array(0) };

/**
 * Writes what an output gathers in blocks of one size. What does not fill a block waits for more. When the drive warns of the end of
 * the medium, the set goes on on the next one at the first place where it can be cut.
 */
export class TapeSink implements PieceSink {
  readonly memory: ArrayBuffer;
  readonly #bytes: Uint8Array;
  /** Bytes at the beginning of the memory that are not written yet, and the place behind them. */
  #waiting = 0;
  #position = 0;
  /** The drive has warned, and the set could not be cut yet. */
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
    this.memory = new ArrayBuffer(PIECE_SIZE + blockSize);
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
    this.#position = position + length;
    this.#write(this.#bytes.subarray(0, this.#waiting + length));
    this.end.written(this.#position - this.#waiting - (this.drive.buffer?.filled ?? 0));
  }

  /** Writes the whole blocks of what comes before the current place, and keeps the rest. */
  #write(bytes: Uint8Array): void {
    const { blockSize } = this;
    this.#lost = true; // until it is with the drive
    while (bytes.length >= blockSize) {
      const stop = this.#put(bytes.subarray(0, blockSize));
      bytes = bytes.subarray(blockSize);
      if (stop) bytes = this.#stopped(stop, bytes);
    }
    this.#keep(bytes);
    this.#lost = false;
  }

  #put(block: Uint8Array): TapeStop | undefined {
    const { drive } = this;
    // Behind the warning each block may be the last before the cut.
    if (drive.buffer && !this.#ending) return drive.buffer.put(block);
    return writeBlock(drive, block) || this.#ending ? ALL_WRITTEN : undefined;
  }

  /** Gives what has to be written next, of which `rest` is the end. */
  #stopped({ unwritten }: TapeStop, rest: Uint8Array): Uint8Array {
    const { blockSize } = this;
    this.#ending = true;
    const left = unwritten.length === 0 ? rest : Buffer.concat([unwritten, rest]);
    const at = this.#position - left.length;
    this.end.written(at);
    const next = this.end.change(at);
    if (!next) return left;
    this.drive = next.drive;
    this.#ending = false;
    const base = at - next.repeated.length;
    this.phase = (blockSize - (((base % blockSize) + blockSize) % blockSize)) % blockSize;
    return Buffer.concat([next.repeated, left]);
  }

  #keep(rest: Uint8Array): void {
    if (rest.buffer === this.memory) this.#bytes.copyWithin(0, rest.byteOffset, rest.byteOffset + rest.length);
    else this.#bytes.set(rest);
    this.#waiting = rest.length;
  }

  /** What does not fill a block waits on; whoever ends the output ends it with a whole one. */
  drain(): void {
    if (this.#lost) throw tapeError(TapeStatus.ERROR_IO_DEVICE, this.drive.name, 'writing');
    for (;;) {
      this.#lost = true;
      const stop = this.drive.buffer?.drain();
      this.#lost = false;
      if (!stop) return;
      this.#write(this.#stopped(stop, this.#bytes.slice(0, this.#waiting)));
    }
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
    try {
      if (this.drive.buffer?.drain()) this.#ending = true;
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      // It is given up anyway.
    }
  }
}
