import type { BlockSource } from './block-source.js';
import type { Content } from './content.js';
import { decompressLznt1 } from './lznt1.js';
import { HOLE, type RunList } from './run-list.js';

/**
 * Bytes that NTFS compressed, a unit of clusters at a time: a unit whose clusters are all there is stored as it is, one without any is
 * zeros, and one with some and then a hole is compressed.
 */
export class CompressedContent implements Content {
  readonly #unit: Uint8Array;
  readonly #stored: Uint8Array;
  /** The unit in `#unit`. */
  #number = -1;

  constructor(
    private readonly source: BlockSource,
    private readonly runs: RunList,
    private readonly clusterSize: number,
    private readonly unitClusters: number,
    readonly size: number,
    private readonly validSize: number,
  ) {
    this.#unit = new Uint8Array(unitClusters * clusterSize);
    this.#stored = new Uint8Array(unitClusters * clusterSize);
  }

  readAt(position: number, buffer: Uint8Array): number {
    const wanted = Math.min(buffer.length, this.size - position);
    if (position >= this.validSize) {
      buffer.fill(0, 0, wanted);
      return wanted;
    }
    const number = Math.floor(position / this.#unit.length);
    this.#load(number);
    const from = position - number * this.#unit.length;
    const n = Math.min(wanted, this.#unit.length - from, this.validSize - position);
    buffer.set(this.#unit.subarray(from, from + n));
    return n;
  }

  #load(number: number): void {
    if (this.#number === number) return;
    this.#number = -1;
    const first = number * this.unitClusters;
    const end = Math.min(first + this.unitClusters, this.runs.length);
    let stored = 0;
    let hole = false;
    for (let run = this.runs.find(first), cluster = first; cluster < end; run++) {
      const stop = Math.min(end, this.runs.ends[run]!);
      const lcn = this.runs.lcns[run]!;
      if (lcn === HOLE) hole = true;
      else {
        const bytes = (stop - cluster) * this.clusterSize;
        const place = (lcn + cluster - this.runs.startOf(run)) * this.clusterSize;
        this.source.read(place, this.#stored.subarray(stored, stored + bytes));
        stored += bytes;
      }
      cluster = stop;
    }
    if (stored === 0) this.#unit.fill(0);
    else if (hole) decompressLznt1(this.#stored.subarray(0, stored), this.#unit);
    else {
      this.#unit.set(this.#stored.subarray(0, stored));
      this.#unit.fill(0, stored);
    }
    this.#number = number;
  }
}
