import { MemoryStreams, StreamAttribute, StreamId, type MemoryStream } from '@winback/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstDifference } from '../src/verify/compare-content.js';
import { ContentReader } from '../src/verify/content-reader.js';

type Piece = readonly [offset: number, data: Uint8Array];

const whole = (data: Uint8Array): MemoryStream[] => [{ id: StreamId.DATA, attributes: 0, data }];
const sparse = (pieces: readonly Piece[], size: number): MemoryStream[] => [
  { id: StreamId.DATA, attributes: StreamAttribute.SPARSE, data: new Uint8Array(0) },
  ...pieces.map(([offset, data]) => ({ id: StreamId.SPARSE_BLOCK, attributes: StreamAttribute.SPARSE, offset, data })),
  { id: StreamId.SPARSE_BLOCK, attributes: StreamAttribute.SPARSE, offset: size, data: new Uint8Array(0) },
];

function reader(streams: MemoryStream[], bufferSize: number): ContentReader {
  const source = new MemoryStreams(streams);
  const first = source.next();
  if (!first) throw new TypeError('no stream');
  return new ContentReader(source, first, new Uint8Array(bufferSize));
}

/** Pieces of a file in rising order, and what the file reads as. */
const sparseFile = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.uint8Array({ minLength: 1, maxLength: 12, max: 2 })), { maxLength: 5 })
  .map((steps) => {
    const pieces: Piece[] = [];
    let at = 0;
    for (const [gap, data] of steps) {
      pieces.push([at + gap, data]);
      at += gap + data.length;
    }
    const bytes = new Uint8Array(at + 5);
    for (const [offset, data] of pieces) bytes.set(data, offset);
    return { pieces, bytes };
  });

describe('comparing contents', () => {
  it('a hole equals zeros, whatever the sizes of buffers', async () => {
    await fc.assert(
      fc.asyncProperty(sparseFile, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), async ({ pieces, bytes }, a, b) => {
        expect(await firstDifference(reader(sparse(pieces, bytes.length), a), reader(whole(bytes), b))).toBeUndefined();
        expect(await firstDifference(reader(whole(bytes), a), reader(sparse(pieces, bytes.length), b))).toBeUndefined();
      }),
    );
  });

  it('finds the first byte that differs', async () => {
    await fc.assert(
      fc.asyncProperty(sparseFile, fc.nat(), fc.integer({ min: 1, max: 9 }), async ({ pieces, bytes }, where, size) => {
        const at = where % bytes.length;
        const other = bytes.slice();
        other[at] = (other[at] ?? 0) ^ 0xff;
        expect(await firstDifference(reader(sparse(pieces, bytes.length), size), reader(whole(other), 7))).toBe(at);
        expect(await firstDifference(reader(whole(other), size), reader(sparse(pieces, bytes.length), 5))).toBe(at);
      }),
    );
  });

  it('gives back the header that follows the content', async () => {
    const next: MemoryStream = { id: StreamId.ALTERNATE_DATA, attributes: 0, name: ':x:$DATA', data: Uint8Array.of(1) };
    const content = reader([...sparse([[0, Uint8Array.of(1)]], 4096), next], 4);
    while (await content.next());
    expect(content.following?.name).toBe(':x:$DATA');
  });
});
