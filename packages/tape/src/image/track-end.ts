import { Jumps } from './jumps.js';
import { recordSize, type RecordHead } from './record-head.js';
import { RecordKind } from './cartridge.layout.js';

/** The end of data of a track, with all that the next record is to tell of those before it. */
export class TrackEnd {
  constructor(
    /** Records before it. */
    public number: number,
    /** Byte in the file. */
    public offset: number,
    public last: number,
    public lastMark: number,
    readonly jumps: Jumps,
  ) {}

  copy(): TrackEnd {
    return new TrackEnd(this.number, this.offset, this.last, this.lastMark, this.jumps.copy());
  }

  /** Fills in what the next record says of its place. */
  describe(record: RecordHead): void {
    record.number = this.number;
    record.offset = this.offset;
    record.previous = this.last;
    record.jump = this.jumps.offset;
    record.previousMark = this.lastMark;
  }

  /** Whether a record says of its place what the next one would. */
  isNext(record: RecordHead): boolean {
    const { number, offset, previous, jump, previousMark } = record;
    return (
      number === this.number &&
      offset === this.offset &&
      previous === this.last &&
      jump === this.jumps.offset &&
      previousMark === this.lastMark
    );
  }

  /** Moves behind a record that {@link isNext}. */
  add(kind: number, length: number): void {
    this.jumps.add(this.number, this.offset);
    this.last = this.offset;
    if (kind !== RecordKind.BLOCK) this.lastMark = this.offset;
    this.offset += recordSize(length);
    this.number++;
  }
}
