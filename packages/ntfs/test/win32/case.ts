/** What a case may use: an empty folder of its own. */
export interface CaseContext {
  /** Absolute, `C:\…`. */
  readonly folder: string;
  readonly underWine: boolean;
}

/** A test of code that only Windows can run, as data: it runs on Windows as it is, and under Wine in a process of its own. */
export interface WindowsCase {
  readonly name: string;
  readonly run: (context: CaseContext) => Promise<void> | void;
  /**
   * Wine answers one of the calls with a stub. The case is skipped there, but only while it fails with this very error; when Wine has
   * learnt the call the case fails, so that this line goes.
   */
  readonly wineLacks?: { readonly error: string; readonly because: string };
}

/** What became of a case, as one line of JSON. */
export interface CaseResult {
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
