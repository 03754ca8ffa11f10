import { FieldProblem, isWinbackError, type Codec } from '@winback/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateTime, layouts } from '../src/index.js';

interface AnyStruct {
  readonly name: string;
  readonly size: number;
  readonly spec: string;
  readonly rows: readonly (readonly [number, string, Codec<unknown>, string])[];
  decode(bytes: Uint8Array): unknown;
  encode(value: unknown): Uint8Array;
}
const structs = layouts as unknown as readonly AnyStruct[];
const bytesOf = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: size, maxLength: size });

/** Decodes, or gives undefined where the bytes are refused in the way that is allowed. */
function tryDecode(layout: AnyStruct, bytes: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: layout.decode(bytes) };
  } catch (error) {
    if (isWinbackError(error) && error.code.startsWith('FORMAT_')) return undefined;
    throw error;
  }
}

describe.each(structs)('$name', (layout) => {
  it('has a meaning or a telling name for every byte, and a source', () => {
    expect(layout.rows.reduce((sum, [, , codec]) => sum + codec.size, 0)).toBe(layout.size);
    expect(layout.spec).not.toBe('');
  });

  it('bytes that are read and written again are the same, and so are values', () => {
    fc.assert(
      fc.property(bytesOf(layout.size), (bytes) => {
        const read = tryDecode(layout, bytes);
        if (!read) return;
        const written = layout.encode(read.value);
        expect(written).toEqual(bytes);
        expect(layout.decode(written)).toEqual(read.value);
      }),
    );
  });

  it('any bytes give a value or a WinbackError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: layout.size * 2 }), (bytes) => {
        tryDecode(layout, bytes);
      }),
    );
  });

  it('each truncation is FORMAT_SHORT', () => {
    for (let length = 0; length < layout.size; length++) {
      expect(() => layout.decode(new Uint8Array(length))).toThrow(expect.objectContaining({ code: 'FORMAT_SHORT' }) as Error);
    }
  });
});

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
