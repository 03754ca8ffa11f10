import type { Io } from './io.js';

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly config?: string;
}

/** Options of commands that run a job. */
export interface JobOptions extends CommonOptions {
  readonly progress?: 'auto' | 'json' | 'none';
  readonly passwordFile?: string;
  readonly ignorePassword?: boolean;
}

/** Options of jobs that go through backup sets. */
export interface NextMediaOptions extends JobOptions {
  readonly nextMediaCommand?: string;
  readonly changer?: string;
}

/** One run of the program. */
export interface Session {
  readonly io: Io;
  /** Runs the program in the same process, as if it was typed: the tour does. */
  readonly run: (argv: readonly string[], io: Io) => Promise<number>;
}
