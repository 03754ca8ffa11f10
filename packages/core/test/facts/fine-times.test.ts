import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { belowFileTime, encodeFineTimes, fromFileTime, takeFineTimes, toFileTime, type FileTimes } from '../../src/facts/index.js';

/** From 1677 to 2262, what 64 bits of nanoseconds reach. */
const time = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
/** What NTFS gives back of a time. */
const asKept = (nanoseconds: bigint): bigint => fromFileTime(toFileTime(nanoseconds));
const kept = ({ lastWrite, lastAccess, creation }: FileTimes): FileTimes => ({
  lastWrite: asKept(lastWrite),
  lastAccess: lastAccess === undefined ? undefined : asKept(lastAccess),
  creation: creation === undefined ? undefined : asKept(creation),
});

describe('times to the nanosecond', () => {
  it('come back from what NTFS keeps of them', () => {
    const property = fc.property(time, time, time, (lastWrite, lastAccess, creation) => {
      const times = { lastWrite, lastAccess, creation };
      const fine = encodeFineTimes(times);
      const found = takeFineTimes(fine ? [fine] : [], kept(times));
      expect(found).toEqual({ times, others: [] });
    });
    fc.assert(property, { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1000) });
  });

  it('are kept only where NTFS loses something', () => {
    expect(encodeFineTimes({ lastWrite: 100n, lastAccess: -200n, creation: 0n })).toBeUndefined();
    expect(encodeFineTimes({ lastWrite: 100n })).toBeUndefined();
    for (const times of [{ lastWrite: 101n }, { lastWrite: 0n, lastAccess: 1n }, { lastWrite: 0n, creation: -1n }]) {
      expect(encodeFineTimes(times)).toMatchObject({ name: '$WBTIMES', flags: 0 });
    }
  });

  it('count only while the file has them', () => {
    const times = { lastWrite: 1_000_000_099n, lastAccess: 2_000_000_001n, creation: 3_000_000_050n, change: 7n };
    const fine = encodeFineTimes(times)!;
    const now = { ...kept(times), lastWrite: 5_000_000_000n, change: 9n };
    expect(takeFineTimes([fine], now).times).toEqual({ ...times, lastWrite: 5_000_000_000n, change: 9n });
    expect(takeFineTimes([fine], { lastWrite: 1_000_000_000n }).times).toEqual({ lastWrite: 1_000_000_099n });
  });

  it('of any size leave all other attributes, and never move a time by more than a FILETIME tick', () => {
    const other = { name: 'OTHER', flags: 0x80, value: Uint8Array.of(1) };
    const property = fc.property(fc.uint8Array({ maxLength: 40 }), time, (value, lastWrite) => {
      const { times, others } = takeFineTimes([{ name: '$wbtimes', flags: 0, value }, other], { lastWrite });
      expect(toFileTime(times.lastWrite)).toBe(toFileTime(lastWrite));
      expect(others).toContain(other);
      // What makes no sense stays what it is.
      expect(others.length).toBe(value.length === 24 ? 1 : 2);
      if (value.length !== 24) expect(belowFileTime(times.lastWrite)).toBe(belowFileTime(lastWrite));
    });
    fc.assert(property, { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1000) });
  });
});
