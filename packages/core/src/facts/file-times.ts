/** 100-nanosecond ticks between 1601-01-01 and 1970-01-01. */
const EPOCH_TICKS = 116_444_736_000_000_000n;

/**
 * The times of a file, in nanoseconds since 1970-01-01 UTC (negative before), the finest that any supported system keeps.
 * A FILETIME holds multiples of 100 of them.
 */
export interface FileTimes {
  readonly lastWrite: bigint;
  readonly lastAccess?: bigint | undefined;
  readonly creation?: bigint | undefined;
  /** Of the metadata: ctime, NTFS's MFT change time. Kept as a record; no system lets it be set. */
  readonly change?: bigint | undefined;
}

const floorDivide = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b;

/** Nanoseconds since 1970 as a FILETIME, rounded down to its 100 ns. */
export const toFileTime = (nanoseconds: bigint): bigint => floorDivide(nanoseconds, 100n) + EPOCH_TICKS;
/** The nanoseconds (0 to 99) that {@link toFileTime} rounds away. */
export const belowFileTime = (nanoseconds: bigint): number => Number(((nanoseconds % 100n) + 100n) % 100n);
export const fromFileTime = (fileTime: bigint, below = 0): bigint => (fileTime - EPOCH_TICKS) * 100n + BigInt(below);
/** Nanoseconds since 1970 as a Date, rounded down to its milliseconds. */
export const toDate = (nanoseconds: bigint): Date => new Date(Number(floorDivide(nanoseconds, 1_000_000n)));
