import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { xor16, Xor32 } from '../../src/checksum/index.js';

/** Word by word over the zero-extended whole, as the definition says. */
function naive(data: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum ^= data[i]! << (8 * (i % 4));
  return sum >>> 0;
}

const noise = Uint8Array.from({ length: 700 }, (_, i) => (i * 2_654_435_761) >>> 13);

describe('Xor32', () => {
  it('is the same for every alignment in memory and every length', () => {
    for (let from = 0; from < 8; from++) {
      for (let length = 0; length < 140; length++) {
        const piece = noise.subarray(from, from + length);
        expect(new Xor32().update(piece).digest()).toBe(naive(piece));
      }
    }
  });

  it('is the same however the data is cut', () => {
    const cuts = fc.array(fc.nat({ max: 90 }), { maxLength: 12 });
    const property = fc.property(cuts, fc.nat({ max: 7 }), (lengths, from) => {
      const sum = new Xor32();
      let at = from;
      for (const length of lengths) {
        sum.update(noise.subarray(at, Math.min(at + length, noise.length)));
        at = Math.min(at + length, noise.length);
      }
      return sum.digest() === naive(noise.subarray(from, at));
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('of buffers that share memory starts where they do, and begins anew after reset', () => {
    const pooled = Buffer.from(noise.buffer, 3, 101);
    const sum = new Xor32().update(noise);
    sum.reset();
    expect(sum.update(pooled).digest()).toBe(naive(pooled));
  });
});

describe('xor16', () => {
  it('is that of little-endian words from any place', () => {
    const property = fc.property(fc.nat({ max: 100 }), fc.nat({ max: 100 }), (at, words) => {
      let sum = 0;
      for (let i = 0; i < words; i++) sum ^= Buffer.from(noise.buffer).readUInt16LE(at + i * 2);
      return xor16(noise, at, words * 2) === sum;
    });
    fc.assert(property);
  });
});
