import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LzsDecoder } from '../../src/lzs/lzs-decoder.js';
import { LzsEncoder } from '../../src/lzs/lzs-encoder.js';
import { noise } from '../support/target.js';
import { plainDecode } from './plain-decode.js';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 1500);
/** Bits as text; spaces are for people. */
const bits = (text: string): Uint8Array =>
  Uint8Array.from(text.replaceAll(' ', '').match(/.{1,8}/g) ?? [], (byte) => parseInt(byte.padEnd(8, '0'), 2));

interface Decoded {
  readonly bytes: Buffer;
  readonly ended: boolean;
  readonly error?: unknown;
}
/** Decompresses with input in pieces of `inPiece` bytes, output in pieces of `outPiece`. */
function decode(input: Uint8Array, inPiece = Infinity, outPiece = 65_536): Decoded {
  const decoder = new LzsDecoder();
  decoder.begin();
  const out = Buffer.alloc(outPiece);
  const pieces: Uint8Array[] = [];
  const done = (error?: unknown): Decoded => ({
    bytes: Buffer.concat(pieces),
    ended: decoder.ended,
    ...(error === undefined ? {} : { error }),
  });
  try {
    for (let at = 0; ;) {
      const n = decoder.readInto(out);
      if (n > 0) {
        pieces.push(Uint8Array.from(out.subarray(0, n)));
        continue;
      }
      if (decoder.ended || at >= input.length) return done();
      const piece = input.subarray(at, at + inPiece);
      decoder.feed(piece, at);
      at += piece.length;
    }
  } catch (error) {
    return done(error);
  }
}

const encoder = new LzsEncoder();
function encode(data: Uint8Array, limit = 1 << 30): Uint8Array {
  const into = new Uint8Array(data.length + (data.length >> 2) + 64);
  return into.slice(0, encoder.encode(data, 0, data.length, into, limit));
}

/** Bytes with repeats near and far. */
const repeating = fc
  .array(fc.tuple(fc.nat(400), fc.nat(3000), fc.uint8Array({ minLength: 1, maxLength: 12 })), { maxLength: 60 })
  .map((steps) => {
    const out: number[] = [];
    for (const [length, back, fresh] of steps) {
      out.push(...fresh);
      for (let i = 0; i < length; i++) out.push(out[out.length - 1 - (back % out.length)]!);
    }
    return Uint8Array.from(out);
  });

describe('LZS', () => {
  // Written down from the tables of RFC 1974, section 2.5.5, bit by bit.
  it.each([
    ['nothing', '110000000', ''],
    ['one byte', '0 01000001  110000000', 'A'],
    ['a match of 6', '0 01000001  11 0000001 1101  110000000', 'A'.repeat(7)],
    ['a match of 8 and no more', '0 01000001  11 0000001 1111 0000  110000000', 'A'.repeat(9)],
    ['a match of 8 + 15 + 3', '0 01000001  11 0000001 1111 1111 0011  110000000', 'A'.repeat(27)],
    ['a near match in the long form', '0 01000001 0 01000010  10 00000000010 10  110000000', 'ABABAB'],
  ])('%s', (_, text, plain) => {
    expect(decode(bits(text))).toEqual({ bytes: Buffer.from(plain), ended: true });
  });

  it('gives back what was put in', () => {
    fc.assert(
      fc.property(fc.oneof(repeating, fc.uint8Array({ maxLength: 300 })), (data) => {
        const small = encode(data);
        expect(Buffer.compare(decode(small).bytes, data)).toBe(0);
        expect(plainDecode(small)).toEqual({ bytes: Buffer.from(data), ended: true });
      }),
      { numRuns: RUNS / 5 },
    );
  });

  it('in pieces of any size', () => {
    const data = Buffer.concat([noise(5000), new Uint8Array(200_000), noise(3000), Buffer.from('winback '.repeat(9000)), noise(300, 9)]);
    const small = encode(data);
    for (const [inPiece, outPiece] of [
      [1, 65_536],
      [2, 7],
      [3, 100_000],
      [4096, 1],
      [100_000, 4096],
    ] as const)
      // prettier-ignore
      expect(decode(small, inPiece, outPiece)).toEqual({ bytes: data, ended: true });
  });

  it('of any bytes reads what a slow decoder reads, and never fails in another way than FormatError', () => {
    const damaged = fc.tuple(repeating, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 })).map(([data, changes]) => {
      const small = encode(data);
      for (const [at, value] of changes) small[at % small.length] = value;
      return small;
    });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), fc.integer({ min: 1, max: 300 }), (input, piece) => {
        const { bytes, ended, error } = decode(input, piece);
        const slow = plainDecode(input);
        expect(bytes.equals(slow.bytes)).toBe(true);
        expect(ended).toBe(slow.ended);
        if (error !== undefined) expect(error).toMatchObject({ code: 'FORMAT_RANGE' });
        if (error !== undefined) expect(slow.ended).toBe(false);
      }),
      { numRuns: RUNS / 3 },
    );
  });

  it('truncated at every byte gives the start and no end', () => {
    const data = Buffer.concat([Buffer.from('a tape and a tape and a tape'.repeat(20)), noise(100)]);
    const small = encode(data);
    for (let size = 0; size < small.length - 2; size++) {
      const { bytes, ended, error } = decode(small.subarray(0, size));
      expect([ended, error]).toEqual([false, undefined]);
      expect(bytes.equals(data.subarray(0, bytes.length))).toBe(true);
    }
  });

  it('a match before the start, or with offset 0, is FORMAT_RANGE at its byte', () => {
    const far = decode(bits('0 01000001  11 0001001 00  110000000'));
    expect(far.error).toMatchObject({ code: 'FORMAT_RANGE', details: { struct: 'LZS', actual: 9 } });
    expect(far.bytes.toString()).toBe('A');
    expect(decode(bits('0 01000001  10 00000000000 00  110000000')).error).toMatchObject({
      code: 'FORMAT_RANGE',
      message: expect.stringContaining('offset 0') as string,
    });
  });

  it('says when data does not become smaller', () => {
    expect(encode(noise(63_488), 63_488)).toHaveLength(0);
    expect(encode(noise(100), 100)).toHaveLength(0);
    expect(encoder.encode(new Uint8Array(1000), 0, 1000, new Uint8Array(10))).toBe(0);
  });

  it('a frame does not look into the one before', () => {
    const data = noise(4000);
    const into = new Uint8Array(20_000);
    for (let i = 0; i < 5; i++) {
      const n = encoder.encode(data, 0, data.length, into, 1 << 30);
      expect(decode(into.subarray(0, n)).bytes.equals(data)).toBe(true);
    }
  });
});

const JUDGE = process.env['WINBACK_LZS'] ?? '';
const noJudge =
  existsSync(join(JUDGE, 'lzs-compress')) && JUDGE !== ''
    ? ''
    : ' (skipped: WINBACK_LZS names no folder with lzs-compress and lzs-decompress)';

describe('an independent codec', () => {
  // Made by lzs-compress of github.com/cmcqueen/lzs-compression (MIT), built with gcc 12.
  it.each(JSON.parse(readFileSync(join(import.meta.dirname, 'vectors.json'), 'utf8')) as { name: string; plain: string; lzs: string }[])(
    'its $name is read',
    ({ plain, lzs }) => {
      const { bytes, ended } = decode(Buffer.from(lzs, 'base64'));
      expect(ended).toBe(true);
      expect(bytes.equals(Buffer.from(plain, 'base64'))).toBe(true);
    },
  );

  it.skipIf(noJudge)(`agrees both ways${noJudge}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'winback-lzs-'));
    const convert = (program: string, input: Uint8Array): Buffer => {
      const [from, to] = [join(folder, 'in'), join(folder, 'out')];
      rmSync(to, { force: true });
      writeFileSync(from, input);
      expect(spawnSync(join(JUDGE, program), [from, to]).status).toBe(0);
      return readFileSync(to);
    };
    try {
      const texts = ['block-streams.ts', 'inspect.ts', 'output.ts'].map((name) =>
        readFileSync(join(import.meta.dirname, '../../src/mtf', name)),
      );
      const samples = [
        ...texts,
        Buffer.from(noise(3000)),
        Buffer.alloc(100_000),
        Buffer.from('ab'.repeat(3000)),
        Buffer.alloc(1),
        readFileSync(process.execPath).subarray(100_000, 700_000),
      ];
      for (const data of samples) {
        expect(convert('lzs-decompress', encode(data)).equals(data)).toBe(true);
        expect(decode(convert('lzs-compress', data))).toEqual({ bytes: data, ended: true });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
