import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldProblem } from '@winback/core';
import { runSuite, structSuite } from '@winback/core/testing';
import { dateTime, layouts } from '../src/index.js';

const forBytes = (minLength: number, maxLength: number, law: (bytes: Uint8Array) => void): void => {
  fc.assert(fc.property(fc.uint8Array({ minLength, maxLength }), law));
};

for (const layout of layouts)
  runSuite({ describe, it }, structSuite, layout.name, [], () => ({ layout, forBytes, capabilities: new Set<never>() }));

describe('MTF_DATE_TIME', () => {
  it('reads and writes the example of the specification', () => {
    const bytes = Uint8Array.of(0x1f, 0x33, 0x3f, 0x41, 0xde);
    const view = new DataView(bytes.buffer);
    const date = { year: 1996, month: 12, day: 31, hour: 20, minute: 7, second: 30 };
    expect(dateTime.read(view, 0)).toEqual(date);
    const out = new DataView(new ArrayBuffer(5));
    dateTime.write(out, 0, date);
    expect(new Uint8Array(out.buffer)).toEqual(bytes);
  });

  it('refuses what its bits cannot hold', () => {
    const out = new DataView(new ArrayBuffer(5));
    const date = { year: 2000, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
    for (const wrong of [
      { year: 16_384 },
      { month: 16 },
      { day: 32 },
      { hour: 32 },
      { minute: 64 },
      { second: 64 },
      { second: -1 },
      { day: 1.5 },
    ]) {
      expect(() => {
        dateTime.write(out, 0, { ...date, ...wrong });
      }).toThrow(FieldProblem);
    }
  });
});
