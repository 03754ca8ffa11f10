import { isWinbackError, type ErrorCode } from '@winback/core';
import type { Case, Harness } from '@winback/core/testing';
import assert from 'node:assert/strict';
import {
  TapemarkType,
  TapePositionMethod,
  TapePositionType,
  TapeStatus,
  tapeStatusName,
  type TapeDrive,
  type TapeStatusCode,
} from '../api/index.js';
import type { TapeDriveCapability } from './tape-capabilities.js';

/** What a tape drive is tried with. */
export interface TapeDriveHarness extends Harness<TapeDriveCapability> {
  /** Holds a cartridge that may be written over. */
  readonly drive: TapeDrive;
  /** Bytes of the largest block that is tried; up to 256 KiB and what the drive says by itself. */
  readonly largestBlock?: number;
  /** Closes the drive and opens it again. The cartridge stays; the position need not. */
  reopen?(): TapeDrive;
}

export type TapeDriveCase = Case<TapeDriveHarness, TapeDriveCapability>;

/** Bytes that tell blocks apart, and places in a block. */
export const bytes = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7 + seed * 101) & 0xff);

/** A drive with the few words that cases are written in. */
export class Tape {
  readonly #memory: Uint8Array;

  constructor(
    readonly drive: TapeDrive,
    readonly harness: TapeDriveHarness,
  ) {
    this.#memory = new Uint8Array(this.largest);
  }

  get largest(): number {
    return Math.min(this.harness.largestBlock ?? 262_144, this.drive.getDriveParameters().maximumBlockSize);
  }

  has(capability: TapeDriveCapability): boolean {
    return this.harness.capabilities.has(capability);
  }

  /** Blocks of any size, at the beginning of the first partition. */
  begin(): void {
    const { blockSize } = this.drive.getMediaParameters();
    if (blockSize !== 0 && this.has('variable-blocks')) this.drive.setMediaParameters({ blockSize: 0 });
    this.rewind();
  }

  rewind(partition = 0): void {
    this.drive.setTapePosition(TapePositionMethod.REWIND, partition, 0);
  }

  /** A size that the drive takes for single blocks, near `length`. */
  size(length: number): number {
    const { blockSize } = this.drive.getMediaParameters();
    if (blockSize !== 0) return blockSize;
    const { minimumBlockSize } = this.drive.getDriveParameters();
    return Math.min(Math.max(length, minimumBlockSize), this.largest);
  }

  /** Blocks of 1 KiB or so, told apart by their seeds. */
  write(...seeds: readonly number[]): void {
    for (const seed of seeds) {
      const block = bytes(this.size(1000 + seed), seed);
      const { bytes: written, status } = this.drive.write(block);
      assert.deepEqual([written, tapeStatusName(status)], [block.length, 'NO_ERROR'], 'writing a block');
    }
  }

  filemarks(count = 1): void {
    this.drive.writeTapemark(TapemarkType.FILEMARKS, count);
  }

  /** Reads once. At a mark or the end of data: no bytes, and the status. */
  read(memory: Uint8Array = this.#memory): { data: Uint8Array; status: TapeStatusCode } {
    const { bytes: length, status } = this.drive.read(memory);
    return { data: memory.slice(0, length), status };
  }

  /** Reads blocks that {@link write} wrote. */
  reads(...seeds: readonly number[]): void {
    for (const seed of seeds) {
      const { data, status } = this.read(new Uint8Array(this.size(this.largest)));
      assert.equal(tapeStatusName(status), 'NO_ERROR', `reading block ${seed}`);
      assert.ok(Buffer.from(data).equals(bytes(this.size(1000 + seed), seed)), `block ${seed} is another one (${data.length} bytes)`);
    }
  }

  readsFilemark(): void {
    this.#readsStatus(TapeStatus.ERROR_FILEMARK_DETECTED);
  }

  readsSetmark(): void {
    this.#readsStatus(TapeStatus.ERROR_SETMARK_DETECTED);
  }

  /** The next read meets the end of data, and so does the one after it. */
  readsEndOfData(): void {
    for (let i = 0; i < 2; i++) {
      if (this.has('end-of-data-status')) this.#readsStatus(TapeStatus.ERROR_NO_DATA_DETECTED);
      else assert.throws(() => this.#mustBeData(), 'something was read behind the end of data');
    }
  }

  #mustBeData(): void {
    const { data, status } = this.read();
    if (data.length === 0) throw new Error(`no data: ${String(tapeStatusName(status))}`);
  }

  #readsStatus(expected: TapeStatusCode): void {
    const { data, status } = this.read();
    assert.deepEqual([data.length, tapeStatusName(status)], [0, tapeStatusName(expected)]);
  }

  /** Moves; what stops the movement is `stopped`. Drives that cannot tell may say anything, but must stop. */
  space(method: (typeof TapePositionMethod)[keyof typeof TapePositionMethod], count: number, stopped?: ErrorCode): void {
    const move = (): void => this.drive.setTapePosition(method, 0, count);
    if (stopped === undefined) move();
    else if (this.has('space-status')) refuses(stopped, move);
    else assert.throws(move, (error) => isWinbackError(error));
  }

  tell(): number {
    return this.drive.getTapePosition(TapePositionType.LOGICAL).offset;
  }

  /** Compares the position where the drive tells it. */
  isAt(offset: number): void {
    if (this.has('tell')) assert.equal(this.tell(), offset, 'position');
  }
}

export function refuses(code: ErrorCode, action: () => unknown): void {
  assert.throws(action, (error) => {
    if (!isWinbackError(error)) return false;
    assert.equal(error.code, code, error.message);
    return true;
  });
}

/** A case that begins at the beginning of the cartridge, with blocks of any size. */
export const onTape = (name: string, needs: readonly TapeDriveCapability[], run: (tape: Tape) => void): TapeDriveCase => ({
  name,
  needs,
  run(harness) {
    const tape = new Tape(harness.drive, harness);
    tape.begin();
    run(tape);
  },
});
