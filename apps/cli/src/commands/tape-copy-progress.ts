import type { Io } from '../io.js';
import type { JobOptions } from '../session.js';
import { formatBytes, formatCount, formatRate } from '../terminal/format.js';
import { printableJson } from '../terminal/printable.js';
import type { CopyState } from './tape-copier.js';
import { recordCount } from './tape-records.js';

/** Least time between two reports: on a terminal, in a log. */
const TERMINAL_MS = 200;
const LOG_MS = 10_000;

/** Tells on stderr how far a copy is, and how fast. */
export class CopyProgress {
  readonly #how: 'bar' | 'lines' | 'json' | 'none';
  #next: number;
  #shown = false;
  #phase: CopyState['phase'] = 'copying';
  #since = performance.now();

  constructor(
    private readonly io: Io,
    { quiet, progress = 'auto' }: JobOptions,
  ) {
    const bar = io.stderr.isTTY && io.env['TERM'] !== 'dumb';
    this.#how = quiet || progress === 'none' ? 'none' : progress === 'json' ? 'json' : bar ? 'bar' : 'lines';
    this.#next = performance.now() + this.#interval;
  }

  get #interval(): number {
    return this.#how === 'lines' ? LOG_MS : TERMINAL_MS;
  }

  report({ phase, counts }: CopyState): void {
    if (this.#how === 'none') return;
    const now = performance.now();
    if (phase !== this.#phase) [this.#phase, this.#since] = [phase, now];
    if (now < this.#next) return;
    this.#next = now + this.#interval;
    const { stderr } = this.io;
    if (this.#how === 'json') {
      stderr.write(`${printableJson({ type: 'progress', progress: { phase, ...counts } })}\n`);
      return;
    }
    const rate = formatRate(counts.bytes, (now - this.#since) / 1000);
    const text = `${phase}  ${formatBytes(counts.bytes)}  ${rate}  ${formatCount(recordCount(counts))} blocks and marks`;
    stderr.write(this.#how === 'bar' ? `\r${text.slice(0, stderr.columns - 1)}\x1b[K` : `${text}\n`);
    this.#shown = this.#how === 'bar';
  }

  /** Takes the line away while something else is printed. */
  hide(): void {
    if (this.#shown) this.io.stderr.write('\r\x1b[K');
    this.#shown = false;
  }
}
