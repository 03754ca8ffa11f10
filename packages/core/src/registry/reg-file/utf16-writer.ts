import { endianness } from 'node:os';

/** Units in a piece. */
const PIECE = 1 << 16;
const DIGITS = Uint16Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** Gathers text as UTF-16 little-endian, unit by unit: a large registry makes millions of short texts otherwise. */
export class Utf16Writer {
  #units = new Uint16Array(PIECE);
  #at = 0;
  #full: Uint8Array[] = [];

  /** Pieces that are full; each is given once. */
  takeFull(): readonly Uint8Array[] {
    if (this.#full.length === 0) return NONE;
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** Everything else. */
  takeRest(): readonly Uint8Array[] {
    this.#turn();
    return this.takeFull();
  }

  unit(unit: number): void {
    if (this.#at === PIECE) this.#turn();
    this.#units[this.#at++] = unit;
  }

  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.unit(text.charCodeAt(i));
  }

  /** A text that goes between quotes. */
  quoted(text: string): void {
    for (let i = 0; i < text.length; i++) this.#quotedUnit(text.charCodeAt(i));
  }

  /** The same of units as they are stored. */
  quotedUnits(data: Uint8Array, end: number): void {
    for (let i = 0; i < end; i += 2) this.#quotedUnit(data[i]! | (data[i + 1]! << 8));
  }

  hexByte(byte: number): void {
    this.unit(DIGITS[byte >> 4]!);
    this.unit(DIGITS[byte & 15]!);
  }

  comma(): void {
    this.unit(COMMA);
  }

  #quotedUnit(unit: number): void {
    if (unit === QUOTE || unit === BACKSLASH) this.unit(BACKSLASH);
    this.unit(unit);
  }

  #turn(): void {
    const bytes = Buffer.from(this.#units.buffer, 0, this.#at * 2);
    this.#full.push(endianness() === 'LE' ? bytes : bytes.swap16());
    this.#units = new Uint16Array(PIECE);
    this.#at = 0;
  }
}

const NONE: readonly never[] = [];
