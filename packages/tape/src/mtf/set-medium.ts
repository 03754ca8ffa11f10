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
  /** Ends the streams of a block behind which a filemark comes; or fills the physical block with another stream, behind which more follow. */
  lastSpad(id?: number): void;
  /** What was flushed is on the medium, whatever happens. */
  sync(): void;
}

/** A set on a further medium. */
export interface ContinuedPart {
  readonly mediaSequence: number;
  /** Physical block of the SSET there; 0: not known. */
  readonly pba: number;
  /** Format logical address of the first block that is no repeated one. */
  readonly cut: number;
  /** The blocks that it repeats, up to their first streams. */
  readonly blocks: readonly Uint8Array[];
}

/** A medium that can have a catalog. */
export interface CatalogMedium extends SetMedium {
  /** Of the medium that is written now, from 1. */
  readonly mediaSequence: number;
  /** In order, from the second one of the set on. */
  readonly continued: readonly ContinuedPart[];
  /** There is little room left: what can be done without is not written. */
  readonly isEnding: boolean;
  /** Takes back what was written since a place behind the end of the data, at which a physical block begins. */
  goBack(position: number): void;
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

  lastSpad(id?: number): void {
    this.out.spad(FLB_SIZE, 0, id);
  }

  sync(): void {
    try {
      fdatasyncSync(this.fd);
    } catch (error) {
      throw writeFailed(this.out.path, 'writing', error);
    }
  }
}
