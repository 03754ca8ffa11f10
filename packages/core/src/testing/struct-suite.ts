import assert from 'node:assert/strict';
import { isWinbackError } from '../errors/index.js';
import type { AnyStruct } from '../layouts.js';
import { suite, type Harness } from './suite.js';

/** What the laws of structures need of a test: the table, and bytes from its generator. */
export interface StructHarness extends Harness<never> {
  readonly layout: AnyStruct;
  /** Runs `law` on many byte arrays of a length from `least` to `most`, with fast-check or whatever the test has. */
  readonly forBytes: (least: number, most: number, law: (bytes: Uint8Array) => void) => void;
}

/** The value, or undefined where the bytes are refused in the way that is allowed. */
function decodeOrRefuse(layout: AnyStruct, bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: layout.decode(bytes) };
  } catch (error) {
    if (isWinbackError(error) && error.code.startsWith('FORMAT_')) return undefined;
    throw error;
  }
}

/** `bytes` with what a codec refuses, such as a wrong signature, replaced by the field's own zero: the laws then say something about them. */
function acceptable(layout: AnyStruct, bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  const view = new DataView(out.buffer);
  for (const [offset, , codec] of layout.rows) {
    try {
      codec.read(view, offset);
    } catch (error) {
      assert.ok(error instanceof Error);
      codec.write(view, offset, codec.zero);
    }
  }
  return out;
}

/** Laws that every layout table keeps, whatever its fields. */
export const structSuite = suite<StructHarness, never>('Struct', [
  {
    name: 'every byte has a row, and the table a source',
    run({ layout }) {
      let end = 0;
      for (const [offset, name, codec] of layout.rows) {
        assert.equal(offset, end, name);
        end += codec.size;
      }
      assert.equal(end, layout.size);
      assert.notEqual(layout.spec, '');
    },
  },
  {
    name: 'reserved and unknown fields carry their own offset in their names',
    run({ layout }) {
      for (const [offset, name] of layout.rows) {
        const [, hex] = /^(?:reserved|unknown)([0-9a-f]+)$/.exec(name) ?? [];
        if (/^(?:reserved|unknown)/.test(name)) assert.equal(hex && parseInt(hex, 16), offset, name);
      }
    },
  },
  {
    name: 'bytes that are read and written again are the same, reserved ones too',
    run({ layout, forBytes }) {
      forBytes(layout.size, layout.size, (bytes) => {
        const given = acceptable(layout, bytes);
        assert.deepEqual(layout.encode(layout.decode(given) as never), given);
      });
    },
  },
  {
    name: 'values that are written and read again are the same',
    run({ layout, forBytes }) {
      forBytes(layout.size, layout.size, (bytes) => {
        const value = layout.decode(acceptable(layout, bytes));
        assert.deepEqual(layout.decode(layout.encode(value as never)), value);
      });
    },
  },
  {
    name: 'any bytes give a value or an error with a FORMAT code',
    run({ layout, forBytes }) {
      forBytes(0, layout.size * 2, (bytes) => {
        if (bytes.length < layout.size) assert.equal(decodeOrRefuse(layout, bytes), undefined);
        else decodeOrRefuse(layout, bytes);
      });
    },
  },
  {
    name: 'a structure is read alike wherever it stands, and an error tells the place in the file',
    run({ layout, forBytes }) {
      forBytes(layout.size, layout.size, (bytes) => {
        const given = acceptable(layout, bytes);
        const shifted = new Uint8Array(given.length + 3);
        shifted.set(given, 3);
        assert.deepEqual(layout.decode(shifted, 3), layout.decode(given));
      });
      assert.throws(() => layout.decode(new Uint8Array(layout.size), 1, 1000), isShortAt(1001));
    },
  },
  {
    name: 'each truncation is FORMAT_SHORT',
    run({ layout }) {
      for (let length = 0; length < layout.size; length++) assert.throws(() => layout.decode(new Uint8Array(length)), isShortAt(0));
    },
  },
]);

const isShortAt =
  (offset: number) =>
  (error: unknown): boolean =>
    isWinbackError(error, 'FORMAT_SHORT') && error.details['offset'] === offset;
