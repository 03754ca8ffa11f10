import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWinbackError } from '@winback/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompressLznt1 } from '../../src/raw/lznt1.js';

const SAMPLE = join(
  process.env['WINBACK_SAMPLES'] ?? join(import.meta.dirname, '../../../../../shared/samples'),
  'compression/libfwnt-lznt1.1',
);

const decompress = (hex: string, length: number): string => {
  const output = new Uint8Array(length).fill(0xee);
  decompressLznt1(Buffer.from(hex.replaceAll(' ', ''), 'hex'), output);
  return Buffer.from(output).toString('latin1');
};

describe('LZNT1', () => {
  it('decompresses the example of MS-XCA', () => {
    const example =
      '38 b0 88 46 23 20 00 20 47 20 41 00 10 a2 47 01 a0 45 20 44 00 08 45 01 50 79 00 c0 45 20 05 24 13 88 05 b4 02 4a 44 ef 03 58 02 8c 09 16 01 48 45 00 be 00 9e 00 04 01 18 90 00';
    const music =
      'F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# G F# E D E A F# F# G A A G F# E D D E F# E D D\0';
    expect(decompress(example, music.length)).toBe(music);
  });

  it('gives chunks that are not compressed as they are, and zeros behind the last', () => {
    expect(decompress('0230 616263 0000', 6)).toBe('abc\0\0\0');
    expect(decompress('', 3)).toBe('\0\0\0');
  });

  it('begins each chunk at a multiple of 4096', () => {
    const output = decompress('0030 61 0030 62 0000', 5000);
    expect(output[0]).toBe('a');
    expect(output[4096]).toBe('b');
    expect(output.replaceAll('\0', '')).toBe('ab');
  });

  it('never copies from before a chunk, never writes behind the output', () => {
    for (const hex of ['03b0 01 0000', '04b0 02 61 ffff']) {
      expect(() => decompress(hex, 100)).toThrow(expect.objectContaining({ code: 'FORMAT_STRUCTURE' }));
    }
    // one byte, repeated for 4098: more than there is room for
    expect(decompress('03b0 02 61 ff0f', 10)).toBe('a'.repeat(10));
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(10_000), (input, length) => {
        try {
          decompressLznt1(input, new Uint8Array(length));
        } catch (error) {
          if (!isWinbackError(error)) throw error;
        }
      }),
    );
  });

  it.skipIf(!existsSync(SAMPLE))('decompresses what Windows compressed (skipped: WINBACK_SAMPLES names no folder of samples)', () => {
    const output = new Uint8Array(8192);
    expect(decompressLznt1(new Uint8Array(readFileSync(SAMPLE)).subarray(0, 3575), output)).toBe(7640);
    expect(Buffer.from(output).toString('latin1')).toContain('GNU LESSER GENERAL PUBLIC LICENSE');
  });
});
