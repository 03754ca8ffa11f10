import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NameList } from '../../src/volume/portable/name-list.js';

const name = fc.uint8Array({ min: 1, max: 255, minLength: 1, maxLength: 40 });
/** Many names with much in common, as folders have them. */
const similar = fc.array(fc.uint8Array({ min: 97, max: 98, minLength: 1, maxLength: 255 }), { maxLength: 200 });

function listed(names: readonly Uint8Array[]): { tag: number; bytes: Buffer }[] {
  const list = new NameList();
  names.forEach((bytes, i) => {
    list.add(i & 15, bytes, 0, bytes.length);
  });
  list.sort();
  expect(list.length).toBe(names.length);
  return names.map((_, i) => ({ tag: list.tag(i), bytes: Buffer.from(list.name(i)) }));
}

describe('NameList', () => {
  it('sorts as memcmp does, keeping tags', () => {
    const property = fc.property(fc.oneof(fc.array(name, { maxLength: 300 }), similar), (names) => {
      const expected = names
        .map((bytes, i) => ({ tag: i & 15, bytes: Buffer.concat([bytes, Uint8Array.of(0)]) }))
        .sort((a, b) => Buffer.compare(a.bytes, b.bytes));
      const found = listed(names);
      expect(found.map(({ bytes }) => bytes.toString('latin1'))).toEqual(expected.map(({ bytes }) => bytes.toString('latin1')));
      const tagged = (list: typeof found): string[] => list.map(({ tag, bytes }) => `${bytes.toString('hex')} ${tag}`).sort();
      expect(tagged(found)).toEqual(tagged(expected));
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('takes names from the middle of a buffer, more than one chunk of them', () => {
    const list = new NameList();
    const buffer = Buffer.from(`--${'n'.repeat(250)}`);
    for (let i = 99_999; i >= 0; i--) {
      buffer.write(String(i).padStart(6, '0'), 2, 'latin1');
      list.add(8, buffer, 2, 200);
    }
    list.sort();
    for (let i = 0; i < 100_000; i++) {
      const text = Buffer.from(list.name(i)).toString('latin1', 0, 6);
      if (Number(text) !== i) throw new Error(`${text} at ${i}`);
    }
    expect(list.name(99_999).length).toBe(201);
    expect(list.name(99_999)[200]).toBe(0);
  });

  it('does not grow slow or deep on orders that trouble quicksort', () => {
    const orders = [(i: number) => i, (i: number) => 50_000 - i, () => 7, (i: number) => (i % 2 === 0 ? i : 50_000 - i)];
    for (const order of orders) {
      const list = new NameList();
      for (let i = 0; i < 50_000; i++) {
        const bytes = Buffer.from(`file-${String(order(i)).padStart(8, '0')}`);
        list.add(8, bytes, 0, bytes.length);
      }
      list.sort();
    }
  }, 30_000);
});
