import { TapePositionMethod, type TapeDrive } from '../../api/index.js';
import { readBlock, spaceFilemark } from './read-block.js';
import type { TapeBlocks } from './tape-blocks.js';

/** Numbers between two filemarks: more than any cartridge has blocks of 64 KiB. */
export const SECTION = 2 ** 24;

/**
 * Blocks of a drive that tells no position: what lies between two filemarks is a section, and the blocks of each are counted from its
 * beginning. A filemark has the last number of the section that it ends.
 */
export class SectionBlocks implements TapeBlocks {
  readonly areAddresses = false;
  /** Where the drive stands; undefined: nobody knows. */
  #at: number | undefined;
  /** How many blocks sections have, as far as they were read to their ends. */
  readonly #lengths = new Map<number, number>();

  constructor(
    readonly drive: TapeDrive,
    readonly blockSize: number,
  ) {}

  seek(block: number): void {
    if (this.#at === block) return;
    const section = Math.floor(block / SECTION);
    const isBehind = this.#at !== undefined && Math.floor(this.#at / SECTION) === section && this.#at <= block;
    let at = isBehind ? (this.#at ?? 0) : section * SECTION;
    if (block - at > (this.#lengths.get(section) ?? Infinity)) return; // it is not there
    this.#at = undefined;
    if (!isBehind) {
      this.drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
      for (let i = 0; i < section; i++) if (!spaceFilemark(this.drive)) return;
    }
    const into = new Uint8Array(block > at ? this.blockSize : 0);
    for (; at < block; at++) {
      if (readBlock(this.drive, into, this.blockSize, at) === 'block') continue;
      this.#lengths.set(section, at - section * SECTION);
      return;
    }
    this.#at = block;
  }

  read(into: Uint8Array): 'block' | 'filemark' | 'end' {
    const at = this.#at;
    if (at === undefined) return 'end';
    this.#at = undefined;
    const found = readBlock(this.drive, into, this.blockSize, at);
    if (found === 'block') this.#at = at + 1;
    if (found === 'filemark') {
      const section = Math.floor(at / SECTION);
      this.#lengths.set(section, at - section * SECTION);
      this.#at = (section + 1) * SECTION;
    }
    return found;
  }

  filemarks(): { readonly marks: readonly number[]; readonly end: number } {
    const marks: number[] = [];
    this.#at = undefined;
    this.drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    while (spaceFilemark(this.drive)) marks.push((marks.length + 1) * SECTION - 1);
    return { marks, end: (marks.length + 1) * SECTION };
  }
}
