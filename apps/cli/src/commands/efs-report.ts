import { Exit, type ExitCode } from '../exit-codes.js';
import type { Io } from '../io.js';
import { JsonDocument } from '../json-document.js';
import type { CommonOptions } from '../session.js';
import { painterFor } from '../terminal/colours.js';
import { printable } from '../terminal/printable.js';

/** What the commands on encrypted files say: warnings on stderr, the result as text or as one document. */
export class EfsReport {
  readonly #warnings: string[] = [];

  constructor(
    private readonly io: Io,
    private readonly options: CommonOptions,
  ) {}

  warn(message: string): void {
    this.#warnings.push(message);
    const paint = painterFor(this.io.stderr, this.io);
    this.io.stderr.write(`${paint('yellow', 'warning:')} ${printable(message)}\n`);
  }

  /** The end: lines for people, or the document. */
  finish(lines: readonly string[], document: object, code: ExitCode = Exit.DONE): ExitCode {
    if (this.options.json) new JsonDocument(this.io.stdout).end({ ...document, warnings: this.#warnings });
    else if (!this.options.quiet) this.io.stdout.write(lines.map((line) => `${printable(line)}\n`).join(''));
    return code;
  }
}
