import type { ErrorCode } from './codes.js';
import { isWinbackError, WinbackError } from './winback-error.js';

/** An error on its way to another thread. */
export interface WireError {
  readonly code: ErrorCode | undefined;
  readonly name: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly transient: boolean;
  readonly details: Readonly<Record<string, unknown>>;
  readonly stack: string | undefined;
}

/** An error of another thread. */
class ArrivedError extends WinbackError {
  readonly code: ErrorCode;
  constructor(wire: WireError & { code: ErrorCode }) {
    super(wire.message, wire.details, { hint: wire.hint, transient: wire.transient });
    this.name = wire.name;
    this.code = wire.code;
  }
}

export function errorToWire(error: unknown): WireError {
  if (isWinbackError(error)) {
    const { code, name, message, hint, transient, details, stack } = error;
    return { code, name, message, hint, transient, details: plain(details), stack };
  }
  const { name, message, stack } = error instanceof Error ? error : new TypeError(String(error));
  return { code: undefined, name, message, hint: undefined, transient: false, details: {}, stack };
}

export function errorFromWire(wire: WireError): Error {
  if (wire.code !== undefined) return new ArrivedError({ ...wire, code: wire.code });
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
