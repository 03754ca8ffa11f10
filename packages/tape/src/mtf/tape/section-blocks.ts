import { TapePositionMethod, type TapeDrive } from '../../api/index.js';
import { readBlock, spaceFilemark } from './read-block.js';
import type { TapeBlocks } from './tape-blocks.js';

/** Numbers between two filemarks: more than any cartridge has blocks of 64 KiB. */
export const SECTION = 2 ** 24;

const sectionOf = (block: number): number => Math.floor(block / SECTION);

/**
 * Blocks of a drive that tells no position: what lies between two filemarks is a section, and the blocks of each are counted from its
 * beginning. A filemark has the last number of the section that it ends, and the one behind its last block, where it is met.
 */
export class SectionBlocks implements TapeBlocks {
  readonly areAddresses = false;
  /** Where the drive stands; undefined: nobody knows. */
  #at: number | undefined;
  /** Where reading goes on; undefined: nothing is there. */
  #target: number | undefined;
  /** How many blocks sections have, with the mark behind them, as far as they were read to their ends. */
  readonly #lengths = new Map<number, number>();

  /** Sections with a block that cannot be read: they end there. */
  readonly #broken = new Set<number>();

  constructor(
    readonly drive: TapeDrive,
    readonly blockSize: number,
  ) {}

  seek(block: number): boolean {
    this.#target = undefined;
    const section = sectionOf(block);
    // Behind the last block there is a place to write at, but none behind one that cannot be read: how far it is nobody knows.
    const length = this.#lengths.get(section) ?? Infinity;
    const inSection = block - section * SECTION;
    if (inSection > length || (inSection === length && this.#broken.has(section))) return false;
    const isBehind = this.#at !== undefined && sectionOf(this.#at) === section && this.#at <= block;
    let at = isBehind ? (this.#at ?? 0) : section * SECTION;
    if (!isBehind) {
      this.#at = undefined;
      this.drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
      for (let i = 0; i < section; i++) if (!spaceFilemark(this.drive)) return false;
    }
    const into = new Uint8Array(block > at ? this.blockSize : 0);
    for (; at < block; at++) {
      this.#at = undefined;
      const found = this.#read(into, at);
      if (found !== 'block') return false;
    }
    this.#at = this.#target = block;
    return true;
  }

  read(into: Uint8Array): 'block' | 'filemark' | 'end' {
    const at = this.#target;
    if (at === undefined) return 'end';
    this.#at = this.#target = undefined;
    const found = this.#read(into, at);
    this.#target = this.#at;
    return found;
  }

  #read(into: Uint8Array, at: number): 'block' | 'filemark' | 'end' {
    const section = sectionOf(at);
    let found;
    try {
      found = readBlock(this.drive, into, this.blockSize, at);
    } catch (error) {
      this.#lengths.set(section, at + 1 - section * SECTION);
      this.#broken.add(section);
      throw error;
    }
    if (found === 'block') this.#at = at + 1;
    else if (found === 'filemark') {
      this.#lengths.set(section, at + 1 - section * SECTION);
      this.#at = (section + 1) * SECTION;
    } else this.#lengths.set(section, at - section * SECTION);
    return found;
  }

  next(block: number): number {
    const section = sectionOf(block);
    const length = this.#lengths.get(section);
    return length === undefined || block - section * SECTION < length ? block : (section + 1) * SECTION;
  }

  filemarks(): { readonly marks: readonly number[]; readonly end: number } {
    const marks: number[] = [];
    this.#at = this.#target = undefined;
    this.drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    while (spaceFilemark(this.drive)) marks.push((marks.length + 1) * SECTION - 1);
    return { marks, end: (marks.length + 1) * SECTION };
  }
}
