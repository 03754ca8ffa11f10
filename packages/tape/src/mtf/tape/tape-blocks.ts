import { isWinbackError, TargetError } from '@winback/core';
import { TapePositionMethod, TapePositionType, TapeStatus, tapeError, type TapeDrive, type TapeTransfer } from '../../api/index.js';

/** The largest block that is looked for on a tape of unknown block size. */
const BLOCK_MAX = 1 << 20;
/** Where the first set begins, behind the TAPE block and a filemark. */
const FIRST_SET = 2;

/** A tape as a row of blocks and filemarks, each with its number from the beginning of the partition. */
export class TapeBlocks {
  /** Where the drive stands; undefined: nobody knows. */
  #at: number | undefined;

  constructor(
    readonly drive: TapeDrive,
    /** Bytes of every block. */
    readonly blockSize: number,
  ) {}

  /**
   * Reads the first block of the cartridge, which tells the size of all.
   * @throws TAPE_NO_DATA_DETECTED when it is blank
   */
  static load(drive: TapeDrive): TapeBlocks {
    drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    const into = new Uint8Array(BLOCK_MAX);
    const { bytes, status } = readFirst(drive, into);
    if (bytes === 0) {
      const nothing = status === TapeStatus.NO_ERROR ? TapeStatus.ERROR_NO_DATA_DETECTED : status;
      throw tapeError(nothing, drive.name, 'reading the first block');
    }
    if (bytes % 512 !== 0) {
      const message = `${drive.name}: the first block has ${String(bytes)} bytes; Microsoft Tape Format has multiples of 512`;
      throw new TargetError('TARGET_FOREIGN', message, { path: drive.name, blockSize: bytes });
    }
    const blocks = new TapeBlocks(drive, bytes);
    return blocks;
  }

  /** Goes to a block. */
  seek(block: number): void {
    if (this.#at === block) return;
    this.#at = undefined;
    this.drive.setTapePosition(TapePositionMethod.LOGICAL_BLOCK, 0, block);
    this.#at = block;
  }

  /** Where the drive stands. */
  tell(): number {
    return (this.#at ??= this.drive.getTapePosition(TapePositionType.LOGICAL).offset);
  }

  /** Reads the block that the drive stands at. `filemark`: it is none. `end`: nothing is behind. */
  read(into: Uint8Array): 'block' | 'filemark' | 'end' {
    const at = this.tell();
    this.#at = undefined;
    const { bytes, status } = this.drive.read(into);
    if (bytes === this.blockSize) {
      this.#at = at + 1;
      return 'block';
    }
    if (bytes > 0) {
      throw tapeError(TapeStatus.ERROR_INVALID_BLOCK_LENGTH, this.drive.name, `reading block ${String(at)}`, {
        expected: this.blockSize,
        actual: bytes,
      });
    }
    if (status === TapeStatus.ERROR_FILEMARK_DETECTED || status === TapeStatus.ERROR_SETMARK_DETECTED) {
      this.#at = at + 1;
      return 'filemark';
    }
    if (status === TapeStatus.ERROR_NO_DATA_DETECTED || status === TapeStatus.ERROR_END_OF_MEDIA) return 'end';
    throw tapeError(status === TapeStatus.NO_ERROR ? TapeStatus.ERROR_IO_DEVICE : status, this.drive.name, `reading block ${String(at)}`);
  }

  /** The numbers of all filemarks, and how many blocks and marks there are. */
  filemarks(): { readonly marks: readonly number[]; readonly end: number } {
    const { drive } = this;
    const marks: number[] = [];
    this.#at = undefined;
    drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    for (;;) {
      try {
        drive.setTapePosition(TapePositionMethod.SPACE_FILEMARKS, 0, 1);
      } catch (error) {
        if (!isEndOfData(error)) throw error;
        drive.setTapePosition(TapePositionMethod.SPACE_END_OF_DATA, 0, 0);
        return { marks, end: this.tell() };
      }
      marks.push(drive.getTapePosition(TapePositionType.LOGICAL).offset - 1);
    }
  }
}

/** The first block, or where it cannot be read the first one behind the filemark after it. */
function readFirst(drive: TapeDrive, into: Uint8Array): TapeTransfer {
  try {
    return drive.read(into);
  } catch (error) {
    if (!isWinbackError(error, 'TAPE_IO')) throw error;
    drive.setTapePosition(TapePositionMethod.LOGICAL_BLOCK, 0, FIRST_SET);
    return drive.read(into);
  }
}

const isEndOfData = (error: unknown): boolean => {
  const status = (error as { details?: { status?: unknown } }).details?.status;
  return status === TapeStatus.ERROR_NO_DATA_DETECTED || status === TapeStatus.ERROR_END_OF_MEDIA;
};
