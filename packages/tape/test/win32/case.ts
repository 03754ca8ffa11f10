/** A test of code that runs in Windows' Node.js only, as data: under Wine in a process of its own. */
export interface WindowsCase {
  readonly name: string;
  readonly run: () => Promise<void> | void;
  /**
   * What Wine makes of it, in the message or the name of the error that the case ends with there. The case is skipped as long as it does
   * just this; when Wine has learnt better the case fails, so that this line goes.
   */
  readonly wineLacks?: WineLack | undefined;
}

export interface WineLack {
  readonly error: RegExp;
  readonly because: string;
}

/** What became of a case, as one line of JSON. */
export interface CaseResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped or how it failed. */
  readonly text?: string;
}

/** Before each line of results, for what else the process prints. */
export const RESULT_MARK = '\u0001result ';

/** Thrown by a case that cannot be run here; its message says why. */
export class SkipCase extends Error {}

/** Runs a case under Wine. */
export async function runCase({ name, run, wineLacks }: WindowsCase): Promise<CaseResult> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof SkipCase) return { name, outcome: 'skipped', text: error.message };
    if (wineLacks?.error.test(error.message)) return { name, outcome: 'skipped', text: `Wine: ${wineLacks.because}` };
    return { name, outcome: 'failed', text: error.stack ?? error.message };
  }
  if (wineLacks) return { name, outcome: 'failed', text: `Wine can do this now: take away wineLacks (${wineLacks.because})` };
  return { name, outcome: 'passed' };
}
