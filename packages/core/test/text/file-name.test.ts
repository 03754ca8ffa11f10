import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToText, textToBytes } from '../../src/text/file-name.js';

/** Bytes that are UTF-8, nearly UTF-8, or nothing of the kind. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .array(fc.constantFrom(0xed, 0xa0, 0x80, 0xbf, 0xb0, 0xdc, 0xe2, 0xf0, 0x9f, 0xc2, 0x41, 0xef, 0xbf, 0xbd), { maxLength: 12 })
    .map((list) => Uint8Array.from(list)),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => new Uint8Array(Buffer.from(text))),
);
const runs = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 5000) };
const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex');

describe('file names as text', () => {
  it('bytes to text to bytes is exact, whatever the bytes', () => {
    fc.assert(
      fc.property(bytes, (b) => hex(textToBytes(bytesToText(b))) === hex(b)),
      runs,
    );
  });

  it('different bytes are different texts', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => hex(a) === hex(b) || bytesToText(a) !== bytesToText(b)),
      runs,
    );
  });

  it('well-formed text is its UTF-8 and comes back', () => {
    const property = fc.property(
      fc.string({ unit: 'binary' }),
      (text) => hex(textToBytes(text)) === hex(Buffer.from(text)) && bytesToText(Buffer.from(text)) === text,
    );
    fc.assert(property, runs);
  });

  it('text with any lone surrogates but those that stand for bytes comes back', () => {
    const unit = fc.oneof(
      fc.integer({ min: 0xd800, max: 0xdc7f }),
      fc.integer({ min: 0xdd00, max: 0xdfff }),
      fc.integer({ min: 1, max: 0xd7ff }),
    );
    const property = fc.property(fc.array(unit, { maxLength: 20 }), (units) => {
      const text = String.fromCharCode(...units);
      return bytesToText(textToBytes(text)) === text;
    });
    fc.assert(property, runs);
  });

  it.each([
    ['plain', '706c61696e', 'plain'],
    ['Latin-1', 'e96c', '\udce9l'],
    ['overlong slash', 'c0af', '\udcc0\udcaf'],
    ['cut short', 'e282', '\udce2\udc82'],
    ['a lone surrogate of Windows', 'eda080', '\ud800'],
    ['a pair in WTF-8, which is no WTF-8', 'eda080edb080', '\udced\udca0\udc80\udced\udcb0\udc80'],
    ['U+FFFD itself', 'efbfbd', '\ufffd'],
    ['over U+10FFFF', 'f4908080', '\udcf4\udc90\udc80\udc80'],
    ['a NUL', '00', '\0'],
  ])('%s', (_name, bytesInHex, text) => {
    expect(bytesToText(Buffer.from(bytesInHex, 'hex'))).toBe(text);
    expect(hex(textToBytes(text))).toBe(bytesInHex);
  });
});
