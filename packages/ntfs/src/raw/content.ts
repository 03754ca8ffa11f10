import type { BlockSource } from './block-source.js';
import { HOLE, type RunList } from './run-list.js';

/** The bytes of an attribute, by position. */
export interface Content {
  readonly size: number;
  /**
   * Reads from a position before `size`; says how many bytes, at least 1.
   * @throws SOURCE_UNREADABLE, FORMAT_STRUCTURE when not even the first byte can be read
   */
  readAt(position: number, buffer: Uint8Array): number;
}

export class ResidentContent implements Content {
  readonly size: number;
  constructor(private readonly value: Uint8Array) {
    this.size = value.length;
  }

  readAt(position: number, buffer: Uint8Array): number {
    const n = Math.min(buffer.length, this.size - position);
    buffer.set(this.value.subarray(position, position + n));
    return n;
  }
}

/** Bytes in clusters, read straight into the caller's buffer. */
export class RunContent implements Content {
  /** The run that was read last, which mostly is the one to read next. */
  #run = 0;

  constructor(
    private readonly source: BlockSource,
    private readonly runs: RunList,
    private readonly clusterSize: number,
    readonly size: number,
    private readonly validSize: number,
  ) {}

  readAt(position: number, buffer: Uint8Array): number {
    const wanted = Math.min(buffer.length, this.size - position);
    let done = 0;
    while (done < wanted) {
      const at = position + done;
      if (at >= this.validSize) {
        buffer.fill(0, done, wanted);
        return wanted;
      }
      const run = this.#find(Math.floor(at / this.clusterSize));
      const left = this.runs.ends[run]! * this.clusterSize - at;
      const n = Math.min(wanted - done, left, this.validSize - at);
      const lcn = this.runs.lcns[run]!;
      if (lcn === HOLE) buffer.fill(0, done, done + n);
      else {
        try {
          const place = lcn * this.clusterSize + at - this.runs.startOf(run) * this.clusterSize;
          this.source.read(place, n === buffer.length ? buffer : buffer.subarray(done, done + n));
        } catch (error) {
          if (done === 0) throw error;
          return done;
        }
      }
      done += n;
    }
    return done;
  }

  #find(cluster: number): number {
    const { ends } = this.runs;
    let run = this.#run;
    if (run < ends.length && cluster >= ends[run]!) run++;
    if (!(run < ends.length && cluster >= this.runs.startOf(run) && cluster < ends[run]!)) run = this.runs.find(cluster);
    return (this.#run = run);
  }
}
