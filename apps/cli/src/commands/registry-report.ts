import { isWinbackError, type WinbackError } from '@winback/core';
import { Exit, exitCodeOf, type ExitCode } from '../exit-codes.js';
import type { Io } from '../io.js';
import { errorDocument } from '../print-error.js';
import type { CommonOptions } from '../session.js';
import { painterFor } from '../terminal/colours.js';
import { printable, printableJson } from '../terminal/printable.js';

/** What the commands on registries say: problems on stderr as they occur, and the result as text or as one document. */
export class RegistryReport {
  readonly #problems: object[] = [];
  #exitCode: ExitCode = Exit.DONE;

  constructor(
    private readonly io: Io,
    private readonly options: CommonOptions,
  ) {}

  say(text: string): void {
    if (!this.options.json && !this.options.quiet) this.io.stdout.write(text);
  }

  /** Something is missing from the result. */
  problem(message: string, exitCode: ExitCode = Exit.INCOMPLETE): void {
    this.#problems.push({ message });
    this.#exitCode = exitCode;
    this.io.stderr.write(`${painterFor(this.io.stderr, this.io)('yellow', 'incomplete:')} ${printable(message)}\n`);
  }

  /** Something that changes no exit code. */
  note(error: WinbackError): void {
    this.#problems.push({ ...errorDocument(error) });
    if (!this.options.quiet)
      this.io.stderr.write(`${painterFor(this.io.stderr, this.io)('dim', 'note:')} ${printable(error.message)} [${error.code}]\n`);
  }

  /** A list as far as it can be read: what is damaged is told. */
  whole<T>(list: () => Iterable<T>): T[] {
    const items: T[] = [];
    try {
      for (const item of list()) items.push(item);
    } catch (error) {
      if (!isWinbackError(error, 'REGISTRY_DAMAGED')) throw error;
      const code = exitCodeOf(error.code);
      this.problem(error.message, code === Exit.FAILED ? Exit.INCOMPLETE : code);
    }
    return items;
  }

  finish(document: object): ExitCode {
    if (this.options.json) this.io.stdout.write(`${printableJson({ ...document, problems: this.#problems }, 2)}\n`);
    return this.#exitCode;
  }
}
