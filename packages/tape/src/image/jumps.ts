const TWO_32 = 0x1_0000_0000;

/** A number without its lowest bit that is set. */
export function withoutLowestBit(number: number): number {
  const low = (number % TWO_32) >>> 0;
  if (low !== 0) return number - ((low & -low) >>> 0);
  const high = number / TWO_32;
  return number - ((high & -high) >>> 0) * TWO_32;
}

/** Where the records are that the coming ones point to, so that any record is found in a few steps from the end. */
export class Jumps {
  readonly #numbers: number[];
  readonly #offsets: number[];

  constructor(numbers: readonly number[] = [], offsets: readonly number[] = []) {
    this.#numbers = [...numbers];
    this.#offsets = [...offsets];
  }

  copy(): Jumps {
    return new Jumps(this.#numbers, this.#offsets);
  }

  /** Of the next record. */
  get offset(): number {
    return this.#offsets.at(-1) ?? 0;
  }

  /** Takes note of a record; the next one is `number + 1`. */
  add(number: number, offset: number): void {
    this.#numbers.push(number);
    this.#offsets.push(offset);
    const target = withoutLowestBit(number + 1);
    while ((this.#numbers.at(-1) ?? 0) > target) {
      this.#numbers.pop();
      this.#offsets.pop();
    }
  }
}
