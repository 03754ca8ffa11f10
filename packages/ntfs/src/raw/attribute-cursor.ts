import { AttributeHeader, AttributeType, FileRecordHeader, NonResidentHeader, ResidentHeader } from './layouts/index.js';

const FIRST = FileRecordHeader.offsetOf('firstAttribute');
const USED = FileRecordHeader.offsetOf('usedBytes');
const LENGTH = AttributeHeader.offsetOf('length');
const NON_RESIDENT = AttributeHeader.offsetOf('nonResident');
const NAME_LENGTH = AttributeHeader.offsetOf('nameLength');
const NAME_OFFSET = AttributeHeader.offsetOf('nameOffset');
/** Where the header of either form goes on. */
export const FORM = AttributeHeader.size;
const VALUE_LENGTH = FORM + ResidentHeader.offsetOf('valueLength');
const VALUE_OFFSET = FORM + ResidentHeader.offsetOf('valueOffset');
const RUNS_OFFSET = FORM + NonResidentHeader.offsetOf('runsOffset');
const RESIDENT_LEAST = FORM + ResidentHeader.size;
const NON_RESIDENT_LEAST = FORM + NonResidentHeader.size;

/**
 * Goes through the attributes of a FILE record, in place and without objects, since an MFT holds millions of them. What it stops at lies
 * within the record, with its name and its value.
 */
export class AttributeCursor {
  type = 0;
  /** Offset of the attribute. */
  at = 0;
  length = 0;
  resident = false;
  /** Offset of a resident value, or of the runs. */
  valueAt = 0;
  /** Bytes of a resident value, or of the room for the runs. */
  valueLength = 0;
  /** Why it stopped before the end. */
  problem: string | undefined;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #end = 0;

  /** Begins with the record at `start`. */
  open(view: DataView, start: number, recordSize: number): void {
    const used = view.getUint32(start + USED, true);
    const first = view.getUint16(start + FIRST, true);
    this.#view = view;
    this.#end = start + Math.min(used, recordSize);
    this.at = start + first;
    this.length = 0;
    this.problem =
      used > recordSize
        ? `${String(used)} bytes are used of ${String(recordSize)}`
        : first % 8 !== 0
          ? `the first attribute is at ${String(first)}`
          : undefined;
    if (this.problem !== undefined) this.#end = 0;
  }

  next(): boolean {
    const view = this.#view;
    this.at += this.length;
    const { at } = this;
    if (at + 4 > this.#end) return this.#stop('the attributes do not end');
    this.type = view.getUint32(at, true);
    if (this.type === AttributeType.END) return false;
    if (at + RESIDENT_LEAST > this.#end) return this.#stop('an attribute is cut off');
    const length = view.getUint32(at + LENGTH, true);
    if (length < RESIDENT_LEAST || length % 8 !== 0 || at + length > this.#end)
      return this.#stop(`an attribute of ${String(length)} bytes`);
    this.length = length;
    const nameLength = view.getUint8(at + NAME_LENGTH);
    if (nameLength > 0 && view.getUint16(at + NAME_OFFSET, true) + nameLength * 2 > length)
      return this.#stop('a name outside of its attribute');
    this.resident = view.getUint8(at + NON_RESIDENT) === 0;
    if (this.resident) {
      const offset = view.getUint16(at + VALUE_OFFSET, true);
      this.valueAt = at + offset;
      this.valueLength = view.getUint32(at + VALUE_LENGTH, true);
      if (offset + this.valueLength > length) return this.#stop('a value outside of its attribute');
    } else {
      if (length < NON_RESIDENT_LEAST) return this.#stop('an attribute is cut off');
      const offset = view.getUint16(at + RUNS_OFFSET, true);
      if (offset < NON_RESIDENT_LEAST || offset > length) return this.#stop('runs outside of their attribute');
      this.valueAt = at + offset;
      this.valueLength = length - offset;
    }
    return true;
  }

  #stop(problem: string): false {
    this.problem ??= problem;
    this.length = 0;
    this.#end = 0;
    return false;
  }
}
