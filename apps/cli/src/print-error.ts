import { Exit, exitCodeOf, type ExitCode } from './exit-codes.js';
import type { Io } from './io.js';
import { withoutSecrets, withoutSecretsIn } from './secrets.js';
import { tapeHint } from './tape-hints.js';
import { painterFor } from './terminal/colours.js';
import { printable, printableJson } from './terminal/printable.js';

/** An error as the command line shows it. */
export interface ShownError {
  /** Undefined for a bug. */
  readonly code?: string | undefined;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** Core's brand, looked at without loading core: errors must be printable before anything else is. */
const BRAND = Symbol.for('@winback/core/WinbackError');

export function shownError(error: unknown): ShownError {
  if (error instanceof Error && BRAND in error) {
    const { code, message, hint, details } = error as Error & ShownError;
    return {
      code,
      message: withoutSecrets(message),
      hint: hint === undefined ? tapeHint(code) : withoutSecrets(hint),
      details: withoutSecretsIn(details) as ShownError['details'],
    };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message: `internal error: ${text}`, hint: 'this is a mistake in Winback or a plugin; please report it with the text above' };
}

/** The `--json` form. */
export const errorDocument = ({ code, message, hint, details }: ShownError): Record<string, unknown> => ({
  code: code ?? 'INTERNAL',
  message,
  ...(hint === undefined ? {} : { hint }),
  details: details ?? {},
});

/** Says what failed on stderr, and answers with the exit code. */
export function printError(io: Io, error: ShownError): ExitCode {
  const paint = painterFor(io.stderr, io);
  // A bug's stack keeps its lines; every other message is one.
  const message = error.code === undefined ? error.message.split('\n').map(printable).join('\n') : printable(error.message);
  io.stderr.write(`${paint('red', 'winback:')} ${message}\n`);
  if (error.hint !== undefined) io.stderr.write(`  ${paint('cyan', 'hint:')} ${printable(error.hint)}\n`);
  return error.code === undefined ? Exit.FAILED : exitCodeOf(error.code, error.details);
}

export const printErrorDocument = (io: Io, error: ShownError): void => {
  io.stdout.write(`${printableJson({ error: errorDocument(error) }, 2)}\n`);
};
