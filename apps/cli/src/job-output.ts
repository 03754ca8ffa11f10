import type { JobEvent, JobLeftOut, JobProblem, ListedItem } from '@winback/wsb';
import type { Io } from './io.js';
import { JsonDocument } from './json-document.js';
import { errorDocument, type ShownError } from './print-error.js';
import { withoutSecretsIn } from './secrets.js';
import type { JobOptions } from './session.js';
import { painterFor, type Painter } from './terminal/colours.js';
import { formatCount } from './terminal/format.js';
import { printable, printableJson } from './terminal/printable.js';
import { noProgress, ProgressBar, ProgressLines, type ProgressDisplay } from './terminal/progress-display.js';

/** Problems in the `--json` document; all are told on stderr as they occur, and `problemCount` counts all. */
const DOCUMENT_PROBLEM_LIMIT = 10_000;

/**
 * What a job says, on its way out. stdout carries the result: text, or one JSON document. stderr carries what happens meanwhile: progress,
 * notices and problems, as text or, with `--progress json`, as one JSON object a line.
 */
export class JobOutput {
  readonly #paint: Painter;
  readonly #progress: ProgressDisplay;
  readonly #document: JsonDocument;
  readonly #notices: string[] = [];
  readonly #problems: Omit<JobProblem, 'type'>[] = [];

  constructor(
    private readonly io: Io,
    private readonly options: JobOptions,
    private readonly describeItem: ((item: ListedItem) => string) | undefined,
  ) {
    this.#paint = painterFor(io.stderr, io);
    this.#document = new JsonDocument(io.stdout);
    const wanted = !options.quiet && options.progress !== 'none' && options.progress !== 'json';
    const bar = io.stderr.isTTY && io.env['TERM'] !== 'dumb';
    this.#progress = !wanted ? noProgress : bar ? new ProgressBar(io.stderr) : new ProgressLines(io.stderr);
    if (options.json && describeItem) this.#document.addItems([]);
  }

  onEvent(event: JobEvent): void {
    if (event.type === 'items') this.#addItems(event.items);
    else if (event.type === 'progress' && this.options.progress !== 'json') this.#progress.report(event.progress);
    else if (event.type === 'progress') this.#line(event);
    else if (event.type === 'notice') this.#notice(event.message);
    else if (event.type === 'left-out') this.#leftOut(event);
    else this.#problem(event);
  }

  /** A line of our own on stderr. */
  say(message: string): void {
    this.#line({ type: 'notice', message }, `winback: ${printable(message)}`);
  }

  hide(): void {
    this.#progress.hide();
  }

  /** The end: the result as a document or as text. */
  finish(document: object, text: string): void {
    this.hide();
    if (this.options.json) this.#document.end({ ...document, notices: this.#notices, problems: this.#problems });
    else if (!this.options.quiet) this.io.stdout.write(text);
  }

  /** The end after a failure, for `--json`: what was listed stays, `error` says why there is no more. */
  fail(error: ShownError): void {
    this.hide();
    if (this.options.json) this.#document.end({ error: errorDocument(error), notices: this.#notices, problems: this.#problems });
  }

  #addItems(items: readonly ListedItem[]): void {
    if (this.options.json) this.#document.addItems(items);
    else {
      this.hide();
      const describe = this.describeItem ?? ((item) => printable(item.path));
      this.io.stdout.write(items.map((item) => `${describe(item)}\n`).join(''));
    }
  }

  #notice(message: string): void {
    this.#notices.push(message);
    if (!this.options.quiet) this.#line({ type: 'notice', message }, this.#paint('dim', printable(message)));
  }

  /** Told one by one where files are listed, or on request; the result counts them all. */
  #leftOut(event: JobLeftOut): void {
    const { path, key, name, text } = event;
    if (this.options.progress === 'json' || (this.describeItem && !this.options.quiet))
      this.#line(event, this.#paint('dim', `left out: ${printable(path)} (${key}, ${printable(name)}: ${printable(text)})`));
  }

  #problem({ type, ...told }: JobProblem): void {
    // Of the target itself: its URI may have a login in it.
    const problem = told.path.startsWith('tape:') ? (withoutSecretsIn(told) as typeof told) : told;
    const isNote = problem.effect === 'note';
    if (this.#problems.length < DOCUMENT_PROBLEM_LIMIT) this.#problems.push(problem);
    if (isNote && this.options.quiet) return;
    const label = this.#paint(isNote ? 'dim' : 'yellow', `${problem.effect}:`);
    this.#line({ type, ...problem }, `${label} ${describeProblem(problem)}`);
  }

  /** One line on stderr, in the form that was asked for. */
  #line(event: JobEvent, text = ''): void {
    this.hide();
    this.io.stderr.write(`${this.options.progress === 'json' ? printableJson(event) : text}\n`);
  }
}

/** Messages mostly name the file themselves. */
function describeProblem({ path, message, code }: Pick<JobProblem, 'path' | 'message' | 'code'>): string {
  const text = message.includes(path) ? message : `${path}: ${message}`;
  return `${printable(text)} [${code}]`;
}

/** The last line of a report on a job with problems; empty for one without. */
export const problemSummary = (count: number): string =>
  count === 0 ? '' : `${formatCount(count)} ${count === 1 ? 'problem: it is' : 'problems: they are'} listed above (on stderr).\n`;
