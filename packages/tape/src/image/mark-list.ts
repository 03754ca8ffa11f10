import type { TapeMark } from './medium.js';

/** The marks of a track in order, by their numbers. */
export class MarkList {
  readonly #numbers: number[] = [];
  readonly #kinds: number[] = [];

  /** @param backwards marks from the last to the first */
  constructor(backwards: Iterable<TapeMark>) {
    for (const { number, kind } of backwards) this.add(number, kind);
    this.#numbers.reverse();
    this.#kinds.reverse();
  }

  add(number: number, kind: number): void {
    this.#numbers.push(number);
    this.#kinds.push(kind);
  }

  /** Forgets those from `number` on. */
  truncate(number: number): void {
    this.#numbers.length = this.#kinds.length = this.#indexFrom(number);
  }

  from(number: number): TapeMark | undefined {
    return this.#at(this.#indexFrom(number));
  }

  before(number: number): TapeMark | undefined {
    return this.#at(this.#indexFrom(number) - 1);
  }

  #at(index: number): TapeMark | undefined {
    const number = this.#numbers[index];
    const kind = this.#kinds[index];
    return number === undefined || kind === undefined ? undefined : { number, kind };
  }

  #indexFrom(number: number): number {
    let low = 0;
    let high = this.#numbers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#numbers[middle]! < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
