import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isWinbackError } from '@winback/core';
import { decodeEfsMetadata, MAIN_STREAM, newFileKey, type Item } from '../../src/index.js';
import { makeKey } from '../support/certificates.js';
import { encryptedFile, itemsFrom, listItems, now, rawBytes, reading } from '../support/forms.js';
import { itemsOfRaw } from '../../src/index.js';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300);
const fileKey = newFileKey();
const items = listItems(
  encryptedFile(fileKey, makeKey('user'), { [MAIN_STREAM]: new Uint8Array(randomBytes(140_000)), ':a:$DATA': new Uint8Array(9) }),
);
const raw = rawBytes(itemsFrom(items));
const metadata = items.find((item) => item.type === 'metadata')!.bytes;

/** Items of any bytes: they end, are no more than the bytes can hold, and data comes to no more than there was. */
function readHostile(bytes: Uint8Array): void {
  const source = itemsOfRaw(reading(bytes));
  let [count, data] = [0, 0];
  try {
    for (let item: Item | undefined = now(source.next()); item; item = now(source.next())) {
      count++;
      if (item.type === 'run') data += item.data!.length;
    }
  } catch (error) {
    if (!isWinbackError(error) || !error.code.startsWith('FORMAT_')) throw error;
  }
  expect(data).toBeLessThanOrEqual(bytes.length);
  expect(count).toBeLessThan(bytes.length + 4000);
}

const edits = (length: number): fc.Arbitrary<readonly (readonly [number, number])[]> =>
  fc.array(fc.tuple(fc.nat(length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 });

it('any bytes give pieces or an error with a FORMAT code', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), readHostile), { numRuns: RUNS });
});

it('any change of headers does', () => {
  // Headers are what changes matter in: the data's bytes are anything.
  const heads = [...Array(700).keys(), ...[...Array(48).keys()].map((i) => raw.length - 1118 + i)];
  const at = fc.constantFrom(...heads);
  fc.assert(
    fc.property(fc.array(fc.tuple(at, fc.nat(255)), { minLength: 1, maxLength: 8 }), fc.nat(raw.length), (changes, cut) => {
      const bytes = raw.slice(0, cut % 5 === 0 ? cut : raw.length);
      for (const [place, value] of changes) if (place < bytes.length) bytes[place] = value;
      readHostile(bytes);
    }),
    { numRuns: RUNS },
  );
});

it('any metadata gives a value or an error with a FORMAT code', () => {
  const refuse = (bytes: Uint8Array): void => {
    try {
      decodeEfsMetadata(bytes);
    } catch (error) {
      if (!isWinbackError(error) || !error.code.startsWith('FORMAT_')) throw error;
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), refuse), { numRuns: RUNS });
  fc.assert(
    fc.property(edits(metadata.length), fc.nat(metadata.length), fc.integer({ min: 1, max: 6 }), (changes, cut, version) => {
      const bytes = metadata.slice();
      bytes[8] = version;
      for (const [place, value] of changes) bytes[place] = value;
      refuse(bytes);
      refuse(bytes.subarray(0, cut));
    }),
    { numRuns: RUNS * 3 },
  );
});
