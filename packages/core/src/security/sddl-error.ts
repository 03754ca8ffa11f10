import type { ErrorCode } from '../errors/index.js';
import { WinbackError } from '../errors/index.js';

type SddlErrorCode = Extract<ErrorCode, 'FORMAT_STRUCTURE' | 'FORMAT_RANGE' | 'FORMAT_UNSUPPORTED'>;

/** Where SDDL fails: at a character of a text, or at a part of a descriptor. */
export type SddlPlace =
  | {
      readonly text: string;
      /** UTF-16 units from the start of the text. */
      readonly offset: number;
    }
  | {
      /** For example `DACL, ACE 3`; ACEs are counted from 0. */
      readonly part: string;
    };

/**
 * Text in the security descriptor definition language (SDDL) that cannot be understood, or a security descriptor that SDDL has no
 * words for. `details` holds the place.
 */
export class SddlError extends WinbackError {
  constructor(
    readonly code: SddlErrorCode,
    readonly problem: string,
    readonly where: SddlPlace,
    hint?: string,
  ) {
    super(`SDDL ${describePlace(where)}: ${problem}`, { ...where }, { hint });
  }
}

const EXCERPT = 20;

function describePlace(where: SddlPlace): string {
  if ('part' in where) return `of the ${where.part}`;
  const { text, offset } = where;
  const piece = text.slice(offset, offset + EXCERPT);
  const dots = offset + EXCERPT < text.length ? '…' : '';
  return `at character ${String(offset)} (${piece === '' ? 'its end' : JSON.stringify(piece) + dots})`;
}
