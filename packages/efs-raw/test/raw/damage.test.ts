import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeEfsMetadata, decrypted, itemsOfRaw, loadKeys, MAIN_STREAM, newFileKey, unlock, type Item } from '../../src/index.js';
import { makeKey } from '../support/certificates.js';
import { contents, encryptedFile, listItems, rawBytes, rawItems, reading } from '../support/forms.js';

const user = makeKey('user');
const fileKey = newFileKey();
const keys = loadKeys({ name: 'user.pem', bytes: Buffer.from(user.keyPem + user.certificatePem) });
const plain = new Uint8Array(randomBytes(65_536 * 5 + 1000));
const alternate = new Uint8Array(randomBytes(700));
const raw = rawBytes(encryptedFile(fileKey, user, { [MAIN_STREAM]: plain, ':a:$DATA': alternate }));
const SEGMENT = 48 + 65_536;
const FIRST = raw.length - (SEGMENT * 5 + 48 + 1024) - (28 + 18 + 48 + 1024);

const open = (bytes: Uint8Array): Item[] =>
  listItems(decrypted(itemsOfRaw(reading(bytes)), (metadata) => unlock(decodeEfsMetadata(metadata), keys, Date.now()).fileKey));
const missing = (items: readonly Item[]) => items.filter((item) => item.type === 'missing').map(({ begin, end }) => [begin, end]);
const changed = (at: number, ...values: number[]): Uint8Array => {
  const bytes = raw.slice();
  bytes.set(values, at);
  return bytes;
};

/** What was decrypted is right but for the given ranges, and the other stream is whole. */
function expectAllBut(items: readonly Item[], ...ranges: readonly [number, number][]): void {
  const found = contents(items);
  const main = found.get(MAIN_STREAM)!;
  const wanted = plain.slice(0, main.length);
  for (const [begin, end] of ranges) wanted.fill(0, begin, end);
  expect(Buffer.compare(main, wanted)).toBe(0);
  expect(missing(items)).toEqual(ranges);
}

describe('a damaged raw file', () => {
  it('undamaged is whole', () => {
    const items = open(raw);
    expectAllBut(items);
    expect(Buffer.compare(contents(items).get(':a:$DATA')!, alternate)).toBe(0);
  });

  it.each([
    ['signature', 4, [0xff]],
    ['length', 0, [0xff, 0xff, 0xff, 0x7f]],
    ['length 0', 0, [0, 0, 0, 0]],
    ['length of the encryption header', 0x18, [0xff, 0xff]],
    ['number of blocks', 0x2a, [9]],
    ['size of a block', 0x2c, [0, 2, 0, 0]],
    ['starting offset that no file has', 0x10, [0, 0, 0, 0, 0, 0, 0xff, 0xff]],
    ['starting offset that is no sector', 0x10, [7]],
    ['shift', 0x26, [200]],
  ] as [string, number, number[]][])('with one segment whose %s is wrong loses that segment, and says so', (_what, at, values) => {
    const items = open(changed(FIRST + SEGMENT * 2 + at, ...values));
    expectAllBut(items, [131_072, 196_608]);
    expect(Buffer.compare(contents(items).get(':a:$DATA')!, alternate)).toBe(0);
  });

  it('with damage in the first or the last segment loses that one', () => {
    expectAllBut(open(changed(FIRST + 4, 1)), [0, 65_536]);
    const last = open(changed(FIRST + SEGMENT * 5 + 4, 1));
    expect(missing(last)).toEqual([[327_680, 327_680]]);
    expect(contents(last).get(MAIN_STREAM)).toHaveLength(327_680);
  });

  it('whose segments stand in another order is put together all the same', () => {
    const part = (n: number): Uint8Array => raw.subarray(FIRST + SEGMENT * n, FIRST + SEGMENT * (n + 1));
    const swapped = Buffer.concat([raw.subarray(0, FIRST), part(0), part(3), part(1), part(2), raw.subarray(FIRST + SEGMENT * 4)]);
    expectAllBut(open(swapped));
  });

  it('where a segment comes twice keeps the first, and says so', () => {
    const part = raw.subarray(FIRST + SEGMENT, FIRST + SEGMENT * 2);
    const twice = Buffer.concat([raw.subarray(0, FIRST + SEGMENT * 2), part, raw.subarray(FIRST + SEGMENT * 2)]);
    expectAllBut(open(twice), [65_536, 65_536]);
  });

  it('where a segment is missing says which bytes are', () => {
    const without = Buffer.concat([raw.subarray(0, FIRST + SEGMENT), raw.subarray(FIRST + SEGMENT * 3)]);
    expectAllBut(open(without), [65_536, 196_608]);
  });

  it('whose second stream has lost its name leaves that out, and nothing of it gets into the first', () => {
    const items = open(changed(raw.length - (28 + 18 + 48 + 1024) + 4, 1));
    expect(Buffer.compare(contents(items).get(MAIN_STREAM)!, plain)).toBe(0);
    expect(contents(items).has(':a:$DATA')).toBe(false);
    expect(missing(items).length).toBeGreaterThan(0);
  });

  it('that ends early gives the sectors that are there', () => {
    const items = open(raw.subarray(0, FIRST + SEGMENT + 48 + 1100));
    expect(missing(items)).toEqual([[65_536 + 1024, 131_072]]);
    const main = contents(items).get(MAIN_STREAM)!;
    expect(Buffer.compare(main.subarray(0, 65_536 + 1024), plain.subarray(0, 65_536 + 1024))).toBe(0);
  });

  it('without its metadata, or with no beginning, is refused', () => {
    for (const bytes of [
      new Uint8Array(),
      raw.subarray(0, 19),
      raw.subarray(0, 20),
      raw.subarray(0, 50),
      raw.subarray(0, 100),
      changed(4, 1),
    ])
      expect(() => open(bytes)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^FORMAT_/) as string }));
    const second = Buffer.concat([raw.subarray(0, 20), raw.subarray(FIRST - 44)]);
    expect(() => open(second)).toThrow(/metadata does not come first/);
  });

  it('reads the name of the metadata stream in either order of its bytes', () => {
    expectAllBut(open(changed(20 + 28, 0x19, 0x10)));
  });

  it('wherever it is cut, gives a true beginning and never hangs', () => {
    for (let cut = FIRST; cut < raw.length; cut += 9973) {
      const main = contents(open(raw.subarray(0, cut))).get(MAIN_STREAM) ?? new Uint8Array();
      for (const item of rawItems(raw.subarray(0, cut))) if (item.type === 'missing') main.fill(0, item.begin, item.end);
      const wanted = plain.slice(0, main.length);
      for (const item of rawItems(raw.subarray(0, cut))) if (item.type === 'missing') wanted.fill(0, item.begin, item.end);
      expect(Buffer.compare(main, wanted)).toBe(0);
    }
  });
});
