import { isWinbackError, WinbackError, type ErrorCode, type ResolvedPlugin } from '@winback/core';
import type { JobEvent } from '../job/job.js';
import type { Job, JobResults } from './jobs.js';

/** What a job's thread is told, once. */
export interface WorkerOrder {
  readonly job: Job;
  readonly plugins: readonly ResolvedPlugin[];
  readonly cancellation: SharedArrayBuffer;
}

export type WorkerMessage =
  | { readonly type: 'event'; readonly event: JobEvent }
  | { readonly type: 'result'; readonly result: JobResults[Job['kind']] }
  | { readonly type: 'error'; readonly error: WireError };

export interface WireError {
  readonly code: ErrorCode | undefined;
  readonly name: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly stack: string | undefined;
}

/** An error of a job, as it arrived from the job's thread. */
class JobError extends WinbackError {
  readonly code: ErrorCode;
  constructor(wire: WireError & { code: ErrorCode }) {
    super(wire.message, wire.details, { hint: wire.hint });
    this.name = wire.name;
    this.code = wire.code;
  }
}

export function toWire(error: unknown): WireError {
  if (isWinbackError(error)) {
    return {
      code: error.code,
      name: error.name,
      message: error.message,
      hint: error.hint,
      details: plain(error.details),
      stack: error.stack,
    };
  }
  const { name, message, stack } = error instanceof Error ? error : new TypeError(String(error));
  return { code: undefined, name, message, hint: undefined, details: {}, stack };
}

export function fromWire(wire: WireError): Error {
  if (wire.code !== undefined) return new JobError({ ...wire, code: wire.code });
  const error = new Error(wire.message);
  error.name = wire.name;
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

/** Details that can cross threads; anything else as text. */
function plain(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details).map(([key, value]) => {
      try {
        return [key, structuredClone(value)];
      } catch (error) {
        return [key, error instanceof Error ? String(value) : ''];
      }
    }),
  );
}
