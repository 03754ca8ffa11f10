import { isWinbackError, type WinbackError } from '@winback/core/errors';
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
    // Damage says more than that something is missing.
    if (this.#exitCode !== Exit.DAMAGED) this.#exitCode = exitCode;
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
    this.attempt(() => {
      for (const item of list()) items.push(item);
    });
    return items;
  }

  /** Undefined where it is damaged, which is told. */
  attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!isWinbackError(error, 'REGISTRY_DAMAGED')) throw error;
      this.problem(error.message, exitCodeOf(error.code));
      return undefined;
    }
  }

  finish(document: object): ExitCode {
    if (this.options.json) this.io.stdout.write(`${printableJson({ ...document, problems: this.#problems }, 2)}\n`);
    return this.#exitCode;
  }
}
