import { TapePositionMethod, TapePositionType, type TapeDrive } from '../../api/index.js';
import { readBlock, spaceFilemark } from './read-block.js';
import type { TapeBlocks } from './tape-blocks.js';

/** Blocks and marks by the drive's own addresses. */
export class LogicalBlocks implements TapeBlocks {
  readonly areAddresses = true;
  /** Where the drive stands; undefined: nobody knows. */
  #at: number | undefined;

  constructor(
    readonly drive: TapeDrive,
    readonly blockSize: number,
  ) {}

  seek(block: number): boolean {
    if (this.#at === block) return true;
    this.#at = undefined;
    this.drive.setTapePosition(TapePositionMethod.LOGICAL_BLOCK, 0, block);
    this.#at = block;
    return true;
  }

  read(into: Uint8Array): 'block' | 'filemark' | 'end' {
    const at = (this.#at ??= this.#tell());
    this.#at = undefined;
    const found = readBlock(this.drive, into, this.blockSize, at);
    if (found !== 'end') this.#at = at + 1;
    return found;
  }

  next(block: number): number {
    return block;
  }

  end(): number {
    this.#at = undefined;
    this.drive.setTapePosition(TapePositionMethod.SPACE_END_OF_DATA, 0, 0);
    return this.#tell();
  }

  filemarks(): { readonly marks: readonly number[]; readonly end: number } {
    const { drive } = this;
    const marks: number[] = [];
    this.#at = undefined;
    drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    while (spaceFilemark(drive)) marks.push(this.#tell() - 1);
    drive.setTapePosition(TapePositionMethod.SPACE_END_OF_DATA, 0, 0);
    return { marks, end: this.#tell() };
  }

  #tell(): number {
    return this.drive.getTapePosition(TapePositionType.LOGICAL).offset;
  }
}
