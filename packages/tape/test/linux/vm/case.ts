/** A test that only a machine with tape drives can run, as data: the host lists it, the machine runs it. */
export interface StCase {
  readonly name: string;
  readonly run: () => Promise<void> | void;
}

/** What became of a case, as one line of JSON. */
export interface StResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped or how it failed. */
  readonly text?: string;
  readonly milliseconds?: number;
}

/** Before each line of results, for what else the process prints. */
export const RESULT_MARK = '\u0001result ';

/** Thrown by a case that cannot be run here; its message says why. */
export class SkipCase extends Error {}
