import { textToBytes } from '@winback/core';

const CHUNK_BITS = 20;
const CHUNK = 1 << CHUNK_BITS;
/** How a name is kept, beside its length. */
const WIDE = 1;
/** A name with surrogates: its bytes come in another order than its units. */
const SURROGATES = 2;

/**
 * The names of a volume: one byte for each character where that is enough, else two, and six bytes more for each name. A million objects
 * would take ten times that.
 */
export class NameTable {
  readonly #chunks: Buffer[] = [];
  #at = CHUNK;
  #offsets = new Uint32Array(1024);
  #lengths = new Uint8Array(1024);
  #forms = new Uint8Array(1024);
  #count = 0;

  get count(): number {
    return this.#count;
  }
  /** Bytes of memory. */
  get bytes(): number {
    return this.#chunks.length * CHUNK + this.#offsets.length * 6;
  }

  /** Adds the name of so many UTF-16 units and says its number. */
  add(view: DataView, at: number, units: number): number {
    let all = 0;
    let surrogates = false;
    for (let i = 0; i < units; i++) {
      const unit = view.getUint16(at + i * 2, true);
      all |= unit;
      if (unit >= 0xd800 && unit <= 0xdfff) surrogates = true;
    }
    const wide = all > 0xff;
    const needed = wide ? units * 2 : units;
    if (this.#at + needed > CHUNK) {
      this.#chunks.push(Buffer.alloc(CHUNK));
      this.#at = 0;
    }
    const chunk = this.#chunks.at(-1)!;
    if (this.#count === this.#offsets.length) this.#grow();
    const number = this.#count++;
    this.#offsets[number] = ((this.#chunks.length - 1) << CHUNK_BITS) | this.#at;
    this.#lengths[number] = units;
    this.#forms[number] = (wide ? WIDE : 0) | (surrogates ? SURROGATES : 0);
    const step = wide ? 1 : 2;
    for (let i = 0; i < needed; i++) chunk[this.#at + i] = view.getUint8(at + i * step);
    this.#at += needed;
    return number;
  }

  text(number: number): string {
    const offset = this.#offsets[number]!;
    const chunk = this.#chunks[offset >>> CHUNK_BITS]!;
    const from = offset & (CHUNK - 1);
    const length = this.#lengths[number]!;
    return (this.#forms[number]! & WIDE) !== 0
      ? chunk.toString('utf16le', from, from + length * 2)
      : chunk.toString('latin1', from, from + length);
  }

  /** Compares by the bytes that the names have in UTF-8. */
  compare(a: number, b: number): number {
    if (((this.#forms[a]! | this.#forms[b]!) & SURROGATES) !== 0)
      return Buffer.compare(textToBytes(this.text(a)), textToBytes(this.text(b)));
    const lengthA = this.#lengths[a]!;
    const lengthB = this.#lengths[b]!;
    const common = Math.min(lengthA, lengthB);
    for (let i = 0; i < common; i++) {
      const difference = this.#unit(a, i) - this.#unit(b, i);
      if (difference !== 0) return difference;
    }
    return lengthA - lengthB;
  }

  #unit(number: number, i: number): number {
    const offset = this.#offsets[number]!;
    const chunk = this.#chunks[offset >>> CHUNK_BITS]!;
    const from = offset & (CHUNK - 1);
    return (this.#forms[number]! & WIDE) !== 0 ? chunk[from + i * 2]! | (chunk[from + i * 2 + 1]! << 8) : chunk[from + i]!;
  }

  #grow(): void {
    const size = this.#count * 2;
    const [offsets, lengths, forms] = [new Uint32Array(size), new Uint8Array(size), new Uint8Array(size)];
    offsets.set(this.#offsets);
    lengths.set(this.#lengths);
    forms.set(this.#forms);
    this.#offsets = offsets;
    this.#lengths = lengths;
    this.#forms = forms;
  }
}
