import { token } from '../token.js';

/** How far a job is. Totals are absent until they are known. */
export interface ProgressReport {
  readonly phase: 'plan' | 'snapshot' | 'backup' | 'commit' | 'list' | 'recovery' | 'verify';
  /** Files and folders handled. */
  readonly files: number;
  /** Bytes of file content handled. */
  readonly bytes: number;
  readonly totalFiles?: number | undefined;
  readonly totalBytes?: number | undefined;
  /** How full the memory between the job and a device is, from 0 to 1. Absent where there is none. */
  readonly buffer?: number | undefined;
  /** The file being worked on. */
  readonly current?: string | undefined;
}

/** Is told now and then; the caller sees to it that this is at most some ten times a second. */
export interface Progress {
  report(progress: ProgressReport): void;
}
export const PROGRESS = token<Progress>('@winback/core/Progress');

export const silentProgress: Progress = { report: () => undefined };
