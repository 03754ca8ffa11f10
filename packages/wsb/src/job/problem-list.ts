import { CATALOG_PROBLEM_LIMIT, type CatalogProblem, type FileProblem } from '@winback/core';
import type { JobEvent, JobOutcome } from './job.js';

/** Counts and reports what did not go as it should. Every problem is told at once; only the first are remembered. */
export class ProblemList {
  readonly first: CatalogProblem[] = [];
  /** All but notes. */
  count = 0;
  damaged = false;

  constructor(private readonly onEvent: (event: JobEvent) => void) {}

  /** `where` is the path that the user is shown. */
  add(problem: FileProblem, where = problem.path): void {
    const { code, hint } = problem.error;
    // Volumes know their own paths alone; the user is shown one path, not two.
    const known = `${problem.path}: `;
    const message = problem.error.message.startsWith(known)
      ? `${where}: ${problem.error.message.slice(known.length)}`
      : problem.error.message;
    const said = { path: where, code, message: hint ? `${message} (${hint})` : message, effect: problem.effect };
    if (problem.effect !== 'note') this.count++;
    if (this.first.length < CATALOG_PROBLEM_LIMIT) this.first.push(said);
    this.onEvent({ type: 'problem', ...said });
  }

  get outcome(): JobOutcome {
    return this.damaged ? 'damaged' : this.count > 0 ? 'with-problems' : 'done';
  }
}
