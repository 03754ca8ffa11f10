import type { ErrorCode } from './codes.js';

const BRAND = Symbol.for('@winback/core/WinbackError');

export type ErrorDetails = Readonly<Record<string, unknown>>;

export interface WinbackErrorOptions extends ErrorOptions {
  /** One sentence that says what to do; printed under the message. */
  readonly hint?: string | undefined;
  /** Worth retrying as it stands? */
  readonly transient?: boolean;
}

/**
 * The base of every error that Winback throws. Programs test `code` and read `details`; `message` is for people and says
 * what failed, where, and what was expected and found.
 */
export abstract class WinbackError extends Error {
  abstract readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly hint: string | undefined;
  readonly transient: boolean;

  constructor(message: string, details: ErrorDetails = {}, options: WinbackErrorOptions = {}) {
    super(message, options);
    this.name = new.target.name;
    this.details = details;
    this.hint = options.hint;
    this.transient = options.transient ?? false;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Recognises the errors of every copy of core in the process, by brand instead of class. */
export function isWinbackError(error: unknown, code?: ErrorCode): error is WinbackError {
  return error instanceof Error && BRAND in error && (code === undefined || (error as { code?: unknown }).code === code);
}
