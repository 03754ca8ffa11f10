import { fdatasyncSync } from 'node:fs';
import { FLB_SIZE } from './constants.js';
import { writeFilemark } from './filemark-writer.js';
import { writeFailed, type Output } from './output.js';

/** Where a set is written: the end of a file, or a tape. */
export interface SetMedium {
  readonly out: Output;
  /** Bytes of a physical block, by which the format counts addresses on the medium. */
  readonly blockSize: number;
  /** The physical block at a place; 0 where nobody knows. */
  pbaOf(position: number): number;
  /** Whether a filemark can be written here: they lie on physical blocks. */
  readonly isAligned: boolean;
  /** The data of the set is whole; what follows stays on this medium. */
  endOfData(): void;
  /** Ends what was written with a filemark. */
  filemark(): void;
  /** Ends the streams of a block behind which a filemark comes. */
  lastSpad(): void;
  /** What was flushed is on the medium, whatever happens. */
  sync(): void;
}

/** The end of a file, with soft filemarks. */
export class FileMedium implements SetMedium {
  readonly blockSize = FLB_SIZE;
  readonly isAligned = true;

  constructor(
    readonly out: Output,
    private readonly fd: number,
    /** Places of all filemarks before, oldest first. */
    private readonly marks: number[],
  ) {}

  pbaOf(position: number): number {
    return position / FLB_SIZE;
  }

  endOfData(): void {
    // Files go on.
  }

  filemark(): void {
    writeFilemark(this.out, this.marks);
  }

  lastSpad(): void {
    this.out.spad();
  }

  sync(): void {
    try {
      fdatasyncSync(this.fd);
    } catch (error) {
      throw writeFailed(this.out.path, 'writing', error);
    }
  }
}
