import type { Output } from './io.js';
import { printableJson } from './terminal/printable.js';

/**
 * The one document of `--json`: an object. Where there are items to list, `items` comes first and is written as the items come, so that
 * a million of them need no memory; the rest follows at the end, also after a failure.
 */
export class JsonDocument {
  #items = 0;
  #listing = false;
  constructor(private readonly output: Output) {}

  /** From now on the document has `items`, if only an empty list. */
  addItems(items: readonly object[]): void {
    if (!this.#listing) this.output.write('{"items":[');
    this.#listing = true;
    let text = '';
    for (const item of items) text += `${this.#items++ === 0 ? '\n' : ',\n'}${printableJson(item)}`;
    this.output.write(text);
  }

  end(rest: object): void {
    if (!this.#listing) {
      this.output.write(`${printableJson(rest, 2)}\n`);
      return;
    }
    const members = printableJson(rest).slice(1); // without its brace
    this.output.write(`\n]${members === '}' ? '' : ','}${members}\n`);
  }
}
