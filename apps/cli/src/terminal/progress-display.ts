import type { ProgressReport } from '@winback/core';
import type { Output } from '../io.js';
import { formatBytes, formatCount, formatRate, formatSeconds } from './format.js';

/** Shows how far a job is. */
export interface ProgressDisplay {
  report(progress: ProgressReport): void;
  /** Takes the display away while something else is printed. */
  hide(): void;
}

export const noProgress: ProgressDisplay = { report: () => undefined, hide: () => undefined };

/** Rates are averages over about this long, so that they neither jump nor lag. */
const RATE_WINDOW_S = 5;

/** Bytes a second, smoothed. */
class Rate {
  #phase = '';
  #bytes = 0;
  #time = 0;
  perSecond = 0;

  add({ phase, bytes }: ProgressReport, now: number): number {
    const elapsed = (now - this.#time) / 1000;
    if (phase !== this.#phase || bytes < this.#bytes) this.perSecond = 0;
    else if (elapsed > 0) {
      const weight = this.perSecond === 0 ? 1 : 1 - Math.exp(-elapsed / RATE_WINDOW_S);
      this.perSecond += ((bytes - this.#bytes) / elapsed - this.perSecond) * weight;
    }
    [this.#phase, this.#bytes, this.#time] = [phase, bytes, now];
    return this.perSecond;
  }
}

/** The part that is done, from 0 to 1, or undefined where totals are not known yet. */
function fractionOf({ files, bytes, totalFiles, totalBytes }: ProgressReport): number | undefined {
  if (totalBytes !== undefined && totalBytes > 0) return Math.min(1, bytes / totalBytes);
  if (totalFiles !== undefined && totalFiles > 0) return Math.min(1, files / totalFiles);
  return undefined;
}

/** One report in words. */
function describeProgress(progress: ProgressReport, perSecond: number): string {
  const { phase, files, bytes, totalBytes, buffer } = progress;
  const fraction = fractionOf(progress);
  const parts: string[] = [phase];
  if (fraction !== undefined) parts.push(`${String(Math.floor(fraction * 100)).padStart(3)} %`);
  parts.push(totalBytes ? `${formatBytes(bytes)} of ${formatBytes(totalBytes)}` : formatBytes(bytes), formatRate(perSecond, 1));
  if (totalBytes && perSecond > 0 && totalBytes > bytes) parts.push(`${formatSeconds((totalBytes - bytes) / perSecond)} left`);
  if (buffer !== undefined) parts.push(`buffer ${String(Math.round(buffer * 100))} %`);
  parts.push(`${formatCount(files)} files`); // last: what a narrow terminal can best do without
  return parts.join('  ');
}

const BAR_WIDTH = 20;

/** One line at the bottom of a terminal, drawn again and again. It holds no text of a backup's, so nothing to escape. */
export class ProgressBar implements ProgressDisplay {
  #shown = false;
  readonly #rate = new Rate();
  constructor(
    private readonly output: Output,
    private readonly now: () => number = () => performance.now(),
  ) {}

  report(progress: ProgressReport): void {
    const text = describeProgress(progress, this.#rate.add(progress, this.now()));
    const fraction = fractionOf(progress);
    const bar = fraction === undefined ? '' : `[${'='.repeat(Math.round(fraction * BAR_WIDTH)).padEnd(BAR_WIDTH)}] `;
    this.output.write(`\r${`${bar}${text}`.slice(0, this.output.columns - 1).trimEnd()}\x1b[K`);
    this.#shown = true;
  }

  hide(): void {
    if (this.#shown) this.output.write('\r\x1b[K');
    this.#shown = false;
  }
}

/** Least time between two lines in a log. */
const LINE_INTERVAL_MS = 10_000;

/** A plain line now and then: logs, pipes, dumb terminals. */
export class ProgressLines implements ProgressDisplay {
  #next: number;
  readonly #rate = new Rate();
  constructor(
    private readonly output: Output,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#next = now() + LINE_INTERVAL_MS;
  }

  report(progress: ProgressReport): void {
    const now = this.now();
    if (now < this.#next) return;
    this.#next = now + LINE_INTERVAL_MS;
    this.output.write(`${describeProgress(progress, this.#rate.add(progress, now))}\n`);
  }

  hide(): void {
    // lines stay
  }
}
