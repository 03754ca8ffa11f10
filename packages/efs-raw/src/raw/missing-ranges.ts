import type { WinbackError } from '@winback/core';

export interface MissingRange {
  readonly begin: number;
  readonly end: number;
  readonly reason: WinbackError;
}

/** More than this is no file any more; the rest is one range. */
const LIMIT = 1000;

/** What of a stream did not come, in rising order. */
export class MissingRanges {
  readonly #ranges: MissingRange[] = [];

  get ranges(): readonly MissingRange[] {
    return [...this.#ranges].sort((a, b) => a.begin - b.begin);
  }

  /** An empty range is a remark. */
  add(begin: number, end: number, reason: WinbackError): void {
    const last = this.#ranges.at(-1);
    if (this.#ranges.length < LIMIT || !last) this.#ranges.push({ begin, end, reason });
    else this.#ranges[LIMIT - 1] = { begin: Math.min(last.begin, begin), end: Math.max(last.end, end), reason: last.reason };
  }

  /** What came late after all. False: nothing was missing there, or not all of it. */
  fill(begin: number, end: number): boolean {
    const index = this.#ranges.findIndex((range) => begin >= range.begin && end <= range.end && begin < range.end);
    const range = this.#ranges[index];
    if (!range) return false;
    const rest = [
      { ...range, end: begin },
      { ...range, begin: end },
    ].filter((part) => part.begin < part.end);
    this.#ranges.splice(index, 1, ...rest);
    return true;
  }
}
