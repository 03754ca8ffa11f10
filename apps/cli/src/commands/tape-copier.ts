import { isWinbackError, TargetError } from '@winback/core/errors';
import {
  FeaturesHigh,
  FeaturesLow,
  TapeErase,
  TapemarkType,
  TapePositionMethod,
  TapePositionType,
  TapeStatus,
  tapeError,
  type TapeDrive,
} from '@winback/tape';
import { formatCount } from '../terminal/format.js';
import { contentsOf, fixedBlockSize, type Contents } from './tape-contents.js';
import { countItem, noRecords, recordCount, TapeDigest, tapeItems, type RecordCounts, type TapeItem } from './tape-records.js';

/** Most memory for a block. */
const LARGEST_BLOCK = 1 << 24;
/** Memory for blocks of a fixed size, which are read several at a time. */
const FIXED_MEMORY = 1 << 20;

export interface CopyState {
  readonly phase: 'copying' | 'verifying';
  /** Of all partitions, in this phase. */
  readonly counts: RecordCounts;
}

/** Copies a cartridge block for block, with all marks. Each step answers how far it is. */
export class TapeCopier {
  readonly #memory: Uint8Array;
  /** Bytes; 0: blocks keep their sizes. */
  readonly #blockSize: number;
  readonly #partitions: number;
  readonly #markType: (typeof TapemarkType)[keyof typeof TapemarkType];
  readonly #setmarks: boolean;
  /** Of what was copied, where it is to be compared. */
  readonly #digest: TapeDigest | undefined;
  /** What was copied. */
  readonly counts = noRecords();
  #partitionCounts = noRecords();

  /**
   * Sets both drives to blocks of one kind.
   * @param verifies {@link verify} follows
   * @throws TARGET_UNSUPPORTED where TO cannot hold what FROM has
   */
  constructor(
    private readonly from: TapeDrive,
    private readonly to: TapeDrive,
    verifies = false,
  ) {
    this.#digest = verifies ? new TapeDigest() : undefined;
    const [source, target] = [from.getDriveParameters(), to.getDriveParameters()];
    const variable = (source.featuresLow & target.featuresLow & FeaturesLow.VARIABLE_BLOCK) !== 0;
    this.#blockSize = variable ? 0 : fixedBlockSize(from);
    this.#partitions = Math.max(1, from.getMediaParameters().partitionCount);
    const there = Math.max(1, to.getMediaParameters().partitionCount);
    if (there !== this.#partitions) {
      throw new TargetError(
        'TARGET_UNSUPPORTED',
        `${to.name} has ${String(there)} partitions, ${from.name} has ${String(this.#partitions)}`,
        { from: from.name, to: to.name, expected: this.#partitions, actual: there },
        { hint: 'divide the cartridge alike first: winback tape partition' },
      );
    }
    for (const drive of [from, to]) {
      if (drive.getMediaParameters().blockSize !== this.#blockSize) drive.setMediaParameters({ blockSize: this.#blockSize });
    }
    this.#setmarks = (target.featuresHigh & FeaturesHigh.WRITE_SETMARKS) !== 0;
    const filemarks = (target.featuresHigh & FeaturesHigh.WRITE_FILEMARKS) !== 0;
    this.#markType = filemarks ? TapemarkType.FILEMARKS : TapemarkType.LONG_FILEMARKS;
    if (!source.reportSetmarks && (source.featuresHigh & FeaturesHigh.SET_REPORT_SMKS) !== 0)
      from.setDriveParameters({ reportSetmarks: true });
    const largest = Math.min(source.maximumBlockSize || LARGEST_BLOCK, LARGEST_BLOCK);
    const several = Math.max(1, Math.floor(FIXED_MEMORY / (this.#blockSize || 1))) * this.#blockSize;
    this.#memory = new Uint8Array(variable ? largest : several);
  }

  /** What is on TO, in its first partition that is not blank. */
  contents(): Contents {
    for (let partition = 1; partition <= this.#partitions; partition++) {
      this.#rewind(this.to, partition);
      const contents = contentsOf(this.to);
      if (contents.kind !== 'blank') return contents;
    }
    return { kind: 'blank', sets: 0, blocks: 0 };
  }

  *copy(): Generator<CopyState, void, undefined> {
    for (let partition = 1; partition <= this.#partitions; partition++) {
      this.#partitionCounts = noRecords();
      this.#rewind(this.from, partition);
      this.#begin(partition);
      for (const item of tapeItems(this.from, this.#memory)) {
        this.#put(item);
        this.#digest?.add(item, this.#blockSize);
        countItem(this.counts, item, this.#blockSize);
        countItem(this.#partitionCounts, item, this.#blockSize);
        yield { phase: 'copying', counts: this.counts };
      }
      // Everything is on the medium then.
      this.to.writeTapemark(this.#markType, 0);
      this.#mustCount(this.from);
      this.#mustCount(this.to);
    }
  }

  /** Reads TO and compares it with what was copied. @throws TARGET_DAMAGED */
  *verify(): Generator<CopyState, void, undefined> {
    const counts = noRecords();
    const digest = new TapeDigest();
    for (let partition = 1; partition <= this.#partitions; partition++) {
      this.#rewind(this.to, partition);
      for (const item of tapeItems(this.to, this.#memory)) {
        digest.add(item, this.#blockSize);
        countItem(counts, item, this.#blockSize);
        yield { phase: 'verifying', counts };
      }
    }
    if (digest.digest() === this.#digest?.digest()) return;
    const { from, to } = this;
    const place = { from: from.name, to: to.name, expected: this.counts, actual: counts };
    throw new TargetError('TARGET_DAMAGED', `${to.name} does not hold what was copied to it from ${from.name}`, place);
  }

  #rewind(drive: TapeDrive, partition: number): void {
    // Drives without partitions need not know that theirs is the first.
    drive.setTapePosition(TapePositionMethod.REWIND, this.#partitions === 1 ? 0 : partition, 0);
  }

  /** A blank partition: where nothing is copied, nothing would be written over. */
  #begin(partition: number): void {
    this.#rewind(this.to, partition);
    if ((this.to.getDriveParameters().featuresLow & FeaturesLow.ERASE_SHORT) !== 0) this.to.eraseTape(TapeErase.SHORT);
  }

  #put(item: TapeItem): void {
    const { to } = this;
    if (typeof item === 'string') {
      if (item === 'setmark' && !this.#setmarks) {
        const message = `${to.name} cannot keep setmarks, and ${this.from.name} has some`;
        throw new TargetError('TARGET_UNSUPPORTED', message, { from: this.from.name, to: to.name, copied: this.counts });
      }
      writeMark(to, item === 'filemark' ? this.#markType : TapemarkType.SETMARKS);
      return;
    }
    const { bytes, status } = to.write(item);
    if (bytes === item.length) return;
    throw tapeError(status === TapeStatus.NO_ERROR ? TapeStatus.ERROR_IO_DEVICE : status, to.name, 'writing a block', {
      written: bytes,
      expected: item.length,
      copied: this.counts,
    });
  }

  /** Drives count blocks and marks themselves. @throws TARGET_DAMAGED where they count others than we */
  #mustCount(drive: TapeDrive): void {
    if ((drive.getDriveParameters().featuresLow & FeaturesLow.GET_LOGICAL_BLK) === 0) return;
    const expected = recordCount(this.#partitionCounts);
    const actual = drive.getTapePosition(TapePositionType.LOGICAL).offset;
    if (actual === expected) return;
    const message = `${drive.name} counts ${formatCount(actual)} blocks and marks, and ${formatCount(expected)} were copied`;
    throw new TargetError('TARGET_DAMAGED', message, { path: drive.name, expected, actual });
  }
}

/** A mark that the drive has room for; that the end is near is no failure. */
function writeMark(drive: TapeDrive, type: (typeof TapemarkType)[keyof typeof TapemarkType]): void {
  try {
    drive.writeTapemark(type, 1, true);
  } catch (error) {
    if (!isWinbackError(error, 'TAPE_END_OF_MEDIA')) throw error;
  }
}
