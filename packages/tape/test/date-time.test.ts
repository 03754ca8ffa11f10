import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dateTime } from '../src/index.js';
import { dateText, toNanoseconds, toSeconds, writeDateTime, ZONE_UNKNOWN } from '../src/mtf/date-time.js';

const written = (seconds: number): ReturnType<typeof dateTime.read> => {
  const view = new DataView(new ArrayBuffer(5));
  writeDateTime(view, 0, seconds);
  return dateTime.read(view, 0);
};

it('agrees with the calendar of JavaScript, and comes back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), (seconds) => {
      const date = written(seconds);
      expect(dateText(date)).toBe(new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' '));
      expect(toNanoseconds(date, 0)).toBe(BigInt(seconds) * 1_000_000_000n);
    }),
    { numRuns: 2000 },
  );
});

it('writes dates that it cannot hold as unknown', () => {
  for (const seconds of [-1e15, 1e15, -62_135_596_801 - 86_400 * 366]) expect(written(seconds)).toEqual(dateTime.zero);
  expect(toNanoseconds(dateTime.zero, 0)).toBeUndefined();
  expect(dateText(dateTime.zero)).toBe('');
});

it('counts the zone of a set', () => {
  const noon = { year: 2014, month: 9, day: 3, hour: 12, minute: 0, second: 0 };
  const utc = BigInt(Date.UTC(2014, 8, 3, 12)) * 1_000_000n;
  const hour = 3_600_000_000_000n;
  expect(toNanoseconds(noon, 24)).toBe(utc - 6n * hour);
  expect(toNanoseconds(noon, -12)).toBe(utc + 3n * hour);
  expect(toNanoseconds(noon, ZONE_UNKNOWN)).toBe(utc);
});

it('says of impossible dates that they are unknown', () => {
  const date = { year: 2014, month: 9, day: 3, hour: 12, minute: 0, second: 0 };
  for (const wrong of [{ month: 0 }, { month: 13 }, { day: 0 }, { hour: 24 }, { minute: 60 }, { second: 60 }]) {
    expect(toNanoseconds({ ...date, ...wrong }, 0)).toBeUndefined();
  }
});

it('rounds nanoseconds down, before 1970 too', () => {
  expect(toSeconds(-1n)).toBe(-1);
  expect(toSeconds(-1_000_000_000n)).toBe(-1);
  expect(toSeconds(1_999_999_999n)).toBe(1);
});
