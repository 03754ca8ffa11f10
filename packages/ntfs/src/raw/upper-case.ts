import { viewOf } from './numbers.js';

/** Upper case as a volume has it: `$UpCase`, a table of all UTF-16 units. */
export class UpperCase {
  readonly #view: DataView;
  constructor(table: Uint8Array) {
    this.#view = viewOf(table);
  }

  of(text: string): string {
    let out = '';
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      out += String.fromCharCode(unit * 2 + 2 <= this.#view.byteLength ? this.#view.getUint16(unit * 2, true) : unit);
    }
    return out;
  }
}
