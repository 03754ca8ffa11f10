import type { ErrorCode } from './codes.js';
import { WinbackError, type ErrorDetails, type WinbackErrorOptions } from './winback-error.js';

type Codes<Prefix extends string> = Extract<ErrorCode, `${Prefix}_${string}`>;

/** Where in foreign bytes something is wrong. Offsets are counted from the start of the file or buffer that was named. */
export interface FormatPlace {
  /** The structure's name in its specification. */
  readonly struct: string;
  readonly field?: string | undefined;
  /** Byte offset. */
  readonly offset: number;
  readonly expected?: unknown;
  readonly actual?: unknown;
}

const hex = (n: number): string => `0x${n.toString(16)}`;

/** Foreign bytes that are not what their format says. */
export class FormatError extends WinbackError {
  constructor(
    readonly code: Codes<'FORMAT'>,
    readonly problem: string,
    readonly where: FormatPlace,
    options?: WinbackErrorOptions,
  ) {
    super(`${where.struct}${where.field ? `.${where.field}` : ''} at byte ${hex(where.offset)}: ${problem}`, { ...where }, options);
  }
}

/** A family of errors with several codes. */
abstract class CodedError<Code extends ErrorCode> extends WinbackError {
  constructor(
    readonly code: Code,
    message: string,
    details?: ErrorDetails,
    options?: WinbackErrorOptions,
  ) {
    super(message, details, options);
  }
}

/** A structure table that contradicts itself: our own mistake, found at import. */
export class LayoutError extends WinbackError {
  readonly code = 'LAYOUT_INVALID';
}

/** A plugin that cannot be used, or a configuration that names it wrongly. */
export class PluginError extends CodedError<Codes<'PLUGIN'> | 'CONFIG_INVALID'> {}

/** What this operating system cannot do, or answered with an error of its own. */
export class PlatformError extends WinbackError {
  readonly code = 'PLATFORM_UNSUPPORTED';
}

/** A file or folder that is being backed up. */
export class SourceError extends CodedError<Codes<'SOURCE'>> {}

/** A tape drive, or the cartridge in it. `details.status` is Windows' number of what was met. */
export class TapeError extends CodedError<Codes<'TAPE'>> {}

/** The place where backups are kept. */
export class TargetError extends CodedError<Codes<'TARGET'>> {}

/** Something asked for by name that the target does not hold. */
export class CatalogError extends CodedError<'VERSION_NOT_FOUND' | 'ITEM_NOT_FOUND'> {}

/** A file that is being recovered or compared. */
export class RecoveryError extends CodedError<Codes<'RECOVERY'> | 'COMPARE_DIFFERENT'> {}

/** A file that Windows encrypts (EFS), or a key for it. */
export class EfsError extends CodedError<Codes<'EFS'>> {}

/** A shadow copy that could not be had. */
export class SnapshotError extends CodedError<Codes<'SNAPSHOT'>> {}

/** A command line that cannot be understood. */
export class UsageError extends WinbackError {
  readonly code = 'USAGE';
}

/** A registry key or value, live or in a hive. */
export class RegistryError extends CodedError<Codes<'REGISTRY'>> {}

/** The user stopped the job. */
export class InterruptedError extends WinbackError {
  readonly code = 'INTERRUPTED';
}
