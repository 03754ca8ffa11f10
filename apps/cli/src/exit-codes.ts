import type { ErrorCode } from '@winback/core';

export const Exit = {
  DONE: 0,
  /** Nothing usable was made. */
  FAILED: 1,
  USAGE: 2,
  /** Done, but some files could not be read or restored. */
  INCOMPLETE: 3,
  /** Target missing or locked. */
  TARGET: 4,
  /** Damaged data was found. */
  DAMAGED: 5,
  INTERRUPTED: 130,
} as const;
export type ExitCode = (typeof Exit)[keyof typeof Exit];

/** The exit code of each error that ends the program; codes that are not named here end with FAILED. */
const OF_CODE: Partial<Record<ErrorCode, ExitCode>> = {
  USAGE: Exit.USAGE,
  CONFIG_INVALID: Exit.USAGE,
  PLUGIN_NOT_FOUND: Exit.USAGE,
  PLUGIN_SHAPE: Exit.USAGE,
  PLUGIN_API: Exit.USAGE,
  PLUGIN_DUPLICATE: Exit.USAGE,
  TARGET_SCHEME: Exit.USAGE,
  TARGET_NOT_FOUND: Exit.TARGET,
  TARGET_LOCKED: Exit.TARGET,
  TARGET_PASSWORD: Exit.TARGET,
  TARGET_AMBIGUOUS: Exit.TARGET,
  TAPE_CLEANER_CARTRIDGE: Exit.TARGET,
  TAPE_LOCKED: Exit.TARGET,
  TAPE_NO_MEDIA_IN_DRIVE: Exit.TARGET,
  TAPE_NOT_FOUND: Exit.TARGET,
  TAPE_NOT_READY: Exit.TARGET,
  TARGET_DAMAGED: Exit.DAMAGED,
  FORMAT_SHORT: Exit.DAMAGED,
  FORMAT_MAGIC: Exit.DAMAGED,
  FORMAT_RANGE: Exit.DAMAGED,
  FORMAT_CHECKSUM: Exit.DAMAGED,
  FORMAT_STRUCTURE: Exit.DAMAGED,
  RECOVERY_DAMAGED: Exit.DAMAGED,
  REGISTRY_DAMAGED: Exit.DAMAGED,
  INTERRUPTED: Exit.INTERRUPTED,
};

/**
 * What to say about a code for a program that reads it, for example from `--json`.
 * @param details of the error: TAPE_IO is damaged data where the medium cannot be read (ERROR_CRC), and a failure where the drive fails
 */
export function exitCodeOf(code: string | undefined, details: Readonly<Record<string, unknown>> = {}): ExitCode {
  if (code === 'TAPE_IO' && details['name'] === 'ERROR_CRC') return Exit.DAMAGED;
  return OF_CODE[code as ErrorCode] ?? Exit.FAILED;
}

export const exitCodeOfOutcome = (outcome: 'done' | 'with-problems' | 'damaged'): ExitCode =>
  ({ done: Exit.DONE, 'with-problems': Exit.INCOMPLETE, damaged: Exit.DAMAGED })[outcome];
