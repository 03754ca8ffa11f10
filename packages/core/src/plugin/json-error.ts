const MAX_DEPTH = 500;
const SPACE = /[ \t\n\r]*/y;
const SCALAR = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// Everything but control characters, quotes and backslashes, which begin an escape.
const STRING = /"(?:[^\u0000-\u001f"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y; // eslint-disable-line no-control-regex

export interface JsonErrorPlace {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

/**
 * Where a text that JSON.parse refuses stops being JSON. JSON.parse itself names no place in short texts, and its wording changes
 * between versions of Node.js.
 */
export function jsonErrorPlace(text: string): JsonErrorPlace {
  const before = text.slice(0, new Scanner(text).firstError()).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

class Scanner {
  #at = 0;
  constructor(private readonly text: string) {}

  firstError(): number {
    if (this.#value(0)) this.#skip(SPACE);
    return this.#at;
  }

  #skip(what: RegExp): boolean {
    what.lastIndex = this.#at;
    if (!what.test(this.text)) return false;
    this.#at = what.lastIndex;
    return true;
  }

  #take(char: string): boolean {
    this.#skip(SPACE);
    if (this.text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #value(depth: number): boolean {
    this.#skip(SPACE);
    if (depth > MAX_DEPTH) return false;
    if (this.#take('{')) return this.#list('}', () => this.#string() && this.#take(':') && this.#value(depth + 1));
    if (this.#take('[')) return this.#list(']', () => this.#value(depth + 1));
    return this.#skip(STRING) || this.#skip(SCALAR);
  }

  #string(): boolean {
    this.#skip(SPACE);
    return this.#skip(STRING);
  }

  #list(end: string, item: () => boolean): boolean {
    if (this.#take(end)) return true;
    do {
      if (!item()) return false;
    } while (this.#take(','));
    return this.#take(end);
  }
}
