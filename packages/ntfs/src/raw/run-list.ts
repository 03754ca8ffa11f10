import { damaged, type Place } from './damage.js';

/** Clusters of a hole. */
export const HOLE = -1;

/**
 * Where the clusters of a stream lie: runs one behind the other, from its first cluster on. Taken from the mapping pairs of its pieces,
 * of which nothing is believed that the volume could not hold.
 */
export class RunList {
  /** First cluster on the volume, or {@link HOLE}. */
  readonly lcns: number[] = [];
  /** Number of the stream's cluster behind each run. */
  readonly ends: number[] = [];
  /** Clusters that are no holes. */
  allocated = 0;
  /** Whether there is any hole. */
  hasHoles = false;

  constructor(
    private readonly clusterCount: number,
    private readonly clusterSize: number,
  ) {}

  /** Clusters mapped so far. */
  get length(): number {
    return this.ends.at(-1) ?? 0;
  }

  /**
   * Adds the runs of one piece.
   * @param bytes the mapping pairs: for each run a byte with the sizes of two numbers, the run's length, and its place relative to that of the last run that is no hole
   * @throws FORMAT_STRUCTURE
   */
  append(bytes: Uint8Array, place: Place): void {
    let lcn = 0;
    let end = this.length;
    for (let at = 0; ;) {
      const head = bytes[at];
      if (head === undefined) throw damaged(place, 'runs', 'the runs do not end');
      if (head === 0) return;
      const lengthSize = head & 15;
      const deltaSize = head >> 4;
      if (lengthSize === 0 || lengthSize > 8 || deltaSize > 8 || at + 1 + lengthSize + deltaSize > bytes.length) {
        throw damaged(place, 'runs', `0x${head.toString(16)} begins no run`);
      }
      const length = signed(bytes, at + 1, lengthSize);
      const hole = deltaSize === 0;
      lcn += hole ? 0 : signed(bytes, at + 1 + lengthSize, deltaSize);
      end += length;
      if (length <= 0 || end * this.clusterSize > Number.MAX_SAFE_INTEGER) {
        throw damaged(place, 'runs', `a run of ${String(length)} clusters cannot be`);
      }
      if (!hole) {
        this.allocated += length;
        if (lcn < 0 || lcn + length > this.clusterCount) {
          throw damaged(
            place,
            'runs',
            `a run of ${String(length)} clusters at ${String(lcn)} lies outside of the volume`,
            this.clusterCount,
            lcn,
          );
        }
        if (this.allocated > this.clusterCount) throw damaged(place, 'runs', 'there are more clusters than on the volume');
      }
      this.#add(hole ? HOLE : lcn, length, end);
      at += 1 + lengthSize + deltaSize;
    }
  }

  /** The number of the run that holds a cluster of the stream; `length` of the arrays when none does. */
  find(cluster: number): number {
    let [low, high] = [0, this.ends.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.ends[middle]! <= cluster) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The stream's cluster with which a run begins. */
  startOf(run: number): number {
    return run === 0 ? 0 : this.ends[run - 1]!;
  }

  #add(lcn: number, length: number, end: number): void {
    const last = this.lcns.length - 1;
    if (lcn === HOLE) this.hasHoles = true;
    const follows = last >= 0 && (lcn === HOLE ? this.lcns[last] === HOLE : this.#behind(last) === lcn);
    if (follows) this.ends[last] = end;
    else {
      this.lcns.push(lcn);
      this.ends.push(end);
    }
  }

  /** The volume's cluster behind a run. */
  #behind(run: number): number {
    const lcn = this.lcns[run]!;
    return lcn === HOLE ? HOLE : lcn + this.ends[run]! - this.startOf(run);
  }
}

function signed(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!;
  return bytes[at + size - 1]! >= 0x80 ? value - 256 ** size : value;
}
