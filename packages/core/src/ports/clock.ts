import { token } from '../token.js';

/** The time of day, so that nothing else depends on today. */
export interface Clock {
  /** Now, as nanoseconds since 1970-01-01 UTC. */
  now(): bigint;
}
export const CLOCK = token<Clock>('@winback/core/Clock');

export const systemClock: Clock = { now: () => BigInt(Date.now()) * 1_000_000n };

/** A clock that stands still, for tests and golden files. */
export const fixedClock = (isoDate: string): Clock => {
  const at = BigInt(Date.parse(isoDate)) * 1_000_000n;
  return { now: () => at };
};
