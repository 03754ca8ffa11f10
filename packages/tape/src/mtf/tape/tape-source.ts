import { isWinbackError, xor16 } from '@winback/core';
import { UnreadableBytes, type ByteSource } from '../byte-source.js';
import { BlockHeader, SoftFilemark } from '../layout/index.js';
import { templates } from '../templates.js';
import type { TapeBlocks } from './tape-blocks.js';

/**
 * A tape as bytes: block n begins at n times the block size, and a filemark takes the room of a block, in which a soft filemark is
 * read. So everything that reads files reads tapes.
 */
export class TapeSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #block: Uint8Array;
  /** The number of the block in memory. */
  #held = -1;

  /** @param end blocks and marks on the tape */
  constructor(
    private readonly blocks: TapeBlocks,
    end: number,
    /** What filemarks are: blocks of their own, or the end of everything. */
    private readonly filemarks: 'blocks' | 'end' = 'blocks',
  ) {
    this.name = blocks.drive.name;
    this.size = end * blocks.blockSize;
    this.#block = new Uint8Array(blocks.blockSize);
  }

  readAt(into: Uint8Array, offset: number, wanted: number, at: number): number {
    const { blockSize } = this.blocks;
    const length = Math.min(wanted, this.size - at);
    let done = 0;
    while (done < length) {
      const number = Math.floor((at + done) / blockSize);
      const inBlock = (at + done) % blockSize;
      const some = Math.min(length - done, blockSize - inBlock);
      if (some === blockSize && number !== this.#held) {
        if (!this.#read(number, into.subarray(offset + done, offset + done + blockSize), done > 0)) break;
      } else {
        if (number !== this.#held) {
          this.#held = -1;
          if (!this.#read(number, this.#block, done > 0)) break;
          this.#held = number;
        }
        into.set(this.#block.subarray(inBlock, inBlock + some), offset + done);
      }
      done += some;
    }
    return done;
  }

  behindGap(at: number): number {
    if (at >= this.size) return Number.MAX_SAFE_INTEGER;
    const { blockSize } = this.blocks;
    const block = Math.floor(at / blockSize);
    const next = this.blocks.next(block);
    return next === block ? at : next * blockSize;
  }

  /** False: nothing is there; or, where something was read before, it cannot be read and is told when it is asked for itself. */
  #read(number: number, into: Uint8Array, later: boolean): boolean {
    try {
      this.blocks.seek(number);
      const found = this.blocks.read(into);
      if (found === 'filemark') putFilemark(into);
      return found === 'block' || (found === 'filemark' && this.filemarks === 'blocks');
    } catch (error) {
      if (!isWinbackError(error, 'TAPE_IO')) throw error;
      if (later) return false;
      const { blockSize } = this.blocks;
      throw new UnreadableBytes(number * blockSize, blockSize, error.message, error);
    }
  }

  close(): void {
    // The drive is its target's.
  }
}

/** What a filemark is to those who read bytes. */
function putFilemark(into: Uint8Array): void {
  into.fill(0);
  const { header } = templates.filemark;
  const mark = Buffer.from(SoftFilemark.encode({ header: { ...header, offsetToFirstEvent: SoftFilemark.size }, entries: 0, used: 0 }));
  const checksum = BlockHeader.offsetOf('checksum');
  mark.writeUInt16LE(xor16(mark, 0, checksum), checksum);
  into.set(mark);
}
