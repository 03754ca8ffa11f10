import { Exit, type ExitCode } from '../exit-codes.js';
import type { Io } from '../io.js';
import type { CommonOptions } from '../session.js';
import { printableJson } from '../terminal/printable.js';

/** Says what came of a command, as one document or as text. */
export function answer(io: Io, options: CommonOptions, document: object, text: string, code: ExitCode = Exit.DONE): ExitCode {
  if (options.json) io.stdout.write(`${printableJson(document, 2)}\n`);
  else if (!options.quiet) io.stdout.write(text);
  return code;
}
