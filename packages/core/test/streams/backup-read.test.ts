import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWinbackError } from '../../src/errors/index.js';
import { BackupRead, MemoryStreams, type BackupStreamSource, type MemoryStream } from '../../src/streams/index.js';
import { bytesOf, hex, ORDINARY, ORDINARY_AT, ORDINARY_STREAMS, SPARSE, SPARSE_STREAMS, text } from './sequences.js';

const ALL = { processSecurity: true };

function readAll(streams: readonly MemoryStream[], pieceSize: number, options = ALL): Uint8Array {
  using context = new BackupRead(new MemoryStreams(streams), options);
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = new Uint8Array(pieceSize);
    const n = context.read(piece);
    if (n === 0) break;
    pieces.push(piece.subarray(0, n));
  }
  return new Uint8Array(Buffer.concat(pieces));
}

function opened(streams: readonly MemoryStream[] = ORDINARY_STREAMS) {
  const context = new BackupRead(new MemoryStreams(streams), ALL);
  const read = (bytes: number): string => {
    const buffer = new Uint8Array(bytes);
    return text(buffer.subarray(0, context.read(buffer)));
  };
  return { context, read };
}

/** Counts what is asked of a source. */
class CountingSource implements BackupStreamSource {
  bytes = 0;
  closed = 0;
  readonly faults = [];
  readonly #inner: MemoryStreams;
  constructor(streams: readonly MemoryStream[]) {
    this.#inner = new MemoryStreams(streams);
  }
  next() {
    return this.#inner.next();
  }
  readInto(buffer: Uint8Array): number {
    const n = this.#inner.readInto(buffer);
    this.bytes += n;
    return n;
  }
  close(): void {
    this.closed++;
  }
}

describe('BackupRead', () => {
  it.each([1, 2, 3, 7, 19, 20, 21, 64, 1000])('gives the bytes of winbase.h in pieces of %i', (size) => {
    expect(readAll(ORDINARY_STREAMS, size)).toEqual(ORDINARY);
    expect(readAll(SPARSE_STREAMS, size)).toEqual(SPARSE);
  });

  it('fills every buffer but the last', () => {
    const { context } = opened();
    const buffer = new Uint8Array(60);
    expect([0, 1, 2, 3].map(() => context.read(buffer))).toEqual([60, 60, 19, 0]);
    expect(context.position).toBe(ORDINARY.length);
    expect(context.read(buffer)).toBe(0);
  });

  it('leaves security descriptors out unless they are asked for, whatever their flags', () => {
    expect(readAll(ORDINARY_STREAMS, 50, { processSecurity: false })).toEqual(ORDINARY.subarray(ORDINARY_AT.data));
    const unflagged = ORDINARY_STREAMS.map((stream) => ({ ...stream, attributes: 0 }));
    expect(readAll(unflagged, 50, { processSecurity: false })).toEqual(ORDINARY.subarray(ORDINARY_AT.data));
  });

  it('keeps attributes, unknown ids and names as they are', () => {
    const odd = [{ id: 0x4d2, attributes: 0x80000011, name: '\ud800', data: bytesOf('!') }];
    expect(readAll(odd, 5)).toEqual(hex('d2040000 11000080 0100000000000000 02000000 00d8 21'));
  });

  it('of a size and an offset over 4 GiB', () => {
    const far: BackupStreamSource = {
      next: () => ({ id: 9, attributes: 8, length: 0x1_2345_6789, offset: 0x1f_0000_0000_0000 }),
      readInto: () => 0,
      faults: [],
      close: () => undefined,
    };
    using context = new BackupRead(far, ALL);
    const head = new Uint8Array(28);
    expect(context.read(head)).toBe(28);
    expect(head).toEqual(hex('09000000 08000000 9167452301000000 00000000 0000000000001f00'));
  });

  it('leaves out what only another format knows, and tells it', () => {
    const foreign = { id: 0, attributes: 0, foreign: { format: 'mtf', id: 'SMP2', attributes: 4 }, data: bytesOf('foreign') };
    using context = new BackupRead(new MemoryStreams([foreign, ORDINARY_STREAMS[1]!, foreign]), ALL);
    const buffer = new Uint8Array(100);
    expect(text(buffer.subarray(20, context.read(buffer)))).toBe('testing 1 2 3\n');
    expect(context.leftOut).toEqual([1, 2].map(() => ({ id: 0, attributes: 0, length: 7, foreign: foreign.foreign })));
  });

  it('of a file without streams is at its end at once', () => {
    expect(readAll([], 10)).toHaveLength(0);
  });

  it('closes the source once, and gives nothing afterwards', () => {
    const source = new CountingSource(ORDINARY_STREAMS);
    const context = new BackupRead(source, ALL);
    context.read(new Uint8Array(30));
    context.abort();
    context.abort();
    expect(source.closed).toBe(1);
    expect(() => context.read(new Uint8Array(1))).toThrow(TypeError);
    expect(() => context.seek(1)).toThrow(TypeError);
  });

  it('refuses a buffer without room and a wrong number of bytes', () => {
    const { context } = opened();
    expect(() => context.read(new Uint8Array(0))).toThrow(RangeError);
    for (const wrong of [-1, 0.5, NaN, Infinity]) expect(() => context.seek(wrong)).toThrow(RangeError);
  });

  it('does not wait for a source that breaks its word', () => {
    const short: BackupStreamSource = {
      next: () => ({ id: 1, attributes: 0, length: 10 }),
      readInto: () => 0,
      faults: [],
      close: () => undefined,
    };
    const context = new BackupRead(short, ALL);
    expect(context.read(new Uint8Array(20))).toBe(20);
    let error: unknown;
    try {
      context.read(new Uint8Array(1));
    } catch (thrown) {
      error = thrown;
    }
    expect(isWinbackError(error, 'FORMAT_SHORT') && error.details).toMatchObject({ struct: 'WIN32_STREAM_ID', field: 'size', offset: 20 });
  });
});

describe('BackupSeek on a BackupRead', () => {
  it('skips data, and what follows is read from there', () => {
    const { context, read } = opened();
    read(40 + 20);
    expect(read(4)).toBe('test');
    expect(context.seek(4)).toBe(4);
    expect(read(6)).toBe('1 2 3\n');
    expect(context.position).toBe(ORDINARY_AT.alternate);
  });

  it('asked for more than is left, says how much there was, and the next header follows', () => {
    const { context, read } = opened();
    read(60);
    read(4);
    expect(context.seek(1_000_000)).toBe(10);
    expect(context.position).toBe(ORDINARY_AT.alternate);
    expect(read(4)).toBe('\x04\0\0\0');
  });

  it('gets nowhere in a header, in a name, between streams, before the first and behind the last', () => {
    const { context, read } = opened();
    expect(context.seek(5)).toBe(0);
    for (let at = 1; at < 20; at++) {
      read(1);
      expect(context.seek(5)).toBe(0);
    }
    read(1);
    expect(context.seek(20)).toBe(20);
    expect(context.seek(1)).toBe(0);
    read(34);
    for (let at = 0; at < 48; at++) {
      expect(context.seek(17)).toBe(0);
      read(1);
    }
    expect(context.seek(17)).toBe(17);
    expect(context.seek(1)).toBe(0);
    expect(read(1)).toBe('');
    expect(context.seek(1)).toBe(0);
  });

  it('counts the offset of a sparse block as data, as Size does', () => {
    const { context, read } = opened(SPARSE_STREAMS);
    read(20 + 20);
    expect(context.seek(3)).toBe(3);
    expect(read(2)).toBe('\0\0');
    expect(context.seek(5)).toBe(5);
    expect(read(2)).toBe('cd');
    read(20);
    expect(context.seek(100)).toBe(10);
    expect(read(20)).toBe(text(SPARSE.subarray(SPARSE.length - 28, SPARSE.length - 8)));
  });

  it('reads nothing that is skipped to the end, and no more than it must otherwise', () => {
    const source = new CountingSource([
      { id: 1, attributes: 0, data: new Uint8Array(500_000) },
      { id: 4, attributes: 0, name: ':a:$DATA', data: bytesOf('0123456789') },
    ]);
    const context = new BackupRead(source, ALL);
    const read = (bytes: number): number => context.read(new Uint8Array(bytes));
    read(20);
    expect(context.seek(400_000)).toBe(400_000);
    expect(source.bytes).toBe(0);
    expect(context.seek(100_000)).toBe(100_000);
    read(20 + 16);
    expect(source.bytes).toBe(0);
    expect(context.seek(8)).toBe(8);
    const rest = new Uint8Array(10);
    expect(text(rest.subarray(0, context.read(rest)))).toBe('89');
    expect(source.bytes).toBe(10);
  });

  it('in any order with reads leaves the bytes that were not skipped as they are', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 40 })), { maxLength: 40 });
    fc.assert(
      fc.property(fc.constantFrom([ORDINARY_STREAMS, ORDINARY], [SPARSE_STREAMS, SPARSE]), steps, ([streams, bytes], moves) => {
        const { context, read } = opened(streams);
        let at = 0;
        for (const [seeks, n] of moves) {
          if (seeks) at += context.seek(n);
          else {
            expect(read(n)).toBe(text(bytes.subarray(at, at + n)));
            at = Math.min(at + n, bytes.length);
          }
          expect(context.position).toBe(at);
        }
      }),
      { numRuns: 500 },
    );
  });
});
