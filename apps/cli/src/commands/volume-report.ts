import { SourceError, type FileProblem } from '@winback/core';
import { Exit, type ExitCode } from '../exit-codes.js';
import type { Io } from '../io.js';
import { problemSummary } from '../job-output.js';
import { JsonDocument } from '../json-document.js';
import { errorDocument, printError, shownError } from '../print-error.js';
import type { CommonOptions } from '../session.js';
import { painterFor, type Painter } from '../terminal/colours.js';
import { printable } from '../terminal/printable.js';
import type { VolumeFile } from './volume-file.js';

interface ShownProblem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly effect: FileProblem['effect'];
}

/** What the commands on one file of a volume say: problems as they occur, on stderr, and the result, as text or as one document. */
export class FileReport {
  readonly #document: JsonDocument;
  readonly #paint: Painter;
  readonly #problems: ShownProblem[] = [];
  #count = 0;

  /** @param path the file as it is shown, whatever the volume calls it */
  constructor(
    private readonly io: Io,
    private readonly options: CommonOptions,
    private readonly path: string,
  ) {
    this.#document = new JsonDocument(io.stdout);
    this.#paint = painterFor(io.stderr, io);
  }

  add({ path, error, effect }: FileProblem): void {
    const isNote = effect === 'note';
    const said = path !== '' && error.message.startsWith(`${path}: `) ? error.message.slice(path.length + 2) : error.message;
    const message = error.hint ? `${said} (${error.hint})` : said;
    this.#problems.push({ path: this.path, code: error.code, message, effect });
    if (!isNote) this.#count++;
    if (isNote && this.options.quiet) return;
    const label = this.#paint(isNote ? 'dim' : 'yellow', `${effect}:`);
    this.io.stderr.write(`${label} ${printable(`${this.path}: ${message}`)} [${error.code}]\n`);
  }

  /** Lists a part of the result. */
  list(items: readonly object[], text: string): void {
    if (this.options.json) this.#document.addItems(items);
    else this.say(text);
  }

  say(text: string): void {
    if (!this.options.json && !this.options.quiet) this.io.stdout.write(text);
  }

  get exitCode(): ExitCode {
    return this.#count === 0 ? Exit.DONE : Exit.INCOMPLETE;
  }

  /** The end: the result as a document; what is to be said of it was said. */
  finish(document: object): ExitCode {
    this.say(problemSummary(this.#count));
    const outcome = this.#count === 0 ? 'done' : 'with-problems';
    if (this.options.json) this.#document.end({ outcome, ...document, problemCount: this.#count, problems: this.#problems });
    return this.exitCode;
  }

  /** The end of a list that could not be finished. */
  fail(error: unknown): ExitCode {
    const shown = shownError(error);
    if (this.options.json) this.#document.end({ error: errorDocument(shown), problems: this.#problems });
    return printError(this.io, shown);
  }
}

/** What is wrong with a file that was read to its end. */
export function* problemsOfReading({ path, opened }: VolumeFile): Generator<FileProblem> {
  const { entry, streams, problems } = opened;
  yield* problems;
  for (const { kind, message, streamNumber, offset } of streams.faults) {
    const code = kind === 'unreadable' ? 'SOURCE_UNREADABLE' : 'SOURCE_CHANGED';
    const details = { path, stream: streamNumber, offset };
    yield { path, error: new SourceError(code, `${path}: stream ${streamNumber}: ${message}`, details), effect: 'incomplete' };
  }
  if (entry.kind === 'file' && streams.faults.length === 0 && opened.changed()) {
    yield { path, error: new SourceError('SOURCE_CHANGED', `${path}: changed while it was read`, { path }), effect: 'incomplete' };
  }
}
