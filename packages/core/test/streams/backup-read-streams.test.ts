import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWinbackError } from '../../src/errors/index.js';
import { BackupRead, BackupReadStreams, MemoryStreams, type BackupReadBytes, type MemoryStream } from '../../src/streams/index.js';
import { bytesOf, collect, hex, ORDINARY, ORDINARY_AT, ORDINARY_STREAMS, SPARSE, SPARSE_STREAMS } from './sequences.js';

const runs = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1000) };

/** Bytes in memory, given in pieces of at most `size`. */
class Bytes implements BackupReadBytes {
  at = 0;
  calls = 0;
  largest = 0;
  closed = 0;
  constructor(
    private readonly bytes: Uint8Array,
    private readonly size = Infinity,
  ) {}
  read(buffer: Uint8Array): number {
    this.calls++;
    this.largest = Math.max(this.largest, buffer.length);
    const piece = this.bytes.subarray(this.at, this.at + Math.min(this.size, buffer.length));
    buffer.set(piece);
    this.at += piece.length;
    return piece.length;
  }
  close(): void {
    this.closed++;
  }
}

const parse = (bytes: Uint8Array, size?: number): MemoryStream[] => collect(new BackupReadStreams(new Bytes(bytes, size)), 6);

function errorOf(action: () => unknown): { code: string; details: Record<string, unknown> } {
  try {
    action();
  } catch (error) {
    if (isWinbackError(error)) return { code: error.code, details: error.details };
    throw error;
  }
  throw new TypeError('nothing was thrown');
}

describe('BackupReadStreams', () => {
  it.each([1, 2, 3, 19, 20, 21, 1000])('parses bytes that come in pieces of %i', (size) => {
    expect(parse(ORDINARY, size)).toEqual(ORDINARY_STREAMS);
    expect(parse(SPARSE, size)).toEqual(SPARSE_STREAMS);
  });

  it('of nothing are none', () => {
    expect(parse(new Uint8Array(0))).toEqual([]);
  });

  it('skips what was not read of a stream', () => {
    const streams = new BackupReadStreams(new Bytes(ORDINARY, 9));
    expect(streams.next()).toEqual({ id: 3, attributes: 2, length: 20 });
    streams.readInto(new Uint8Array(3));
    expect(streams.next()).toEqual({ id: 1, attributes: 0, length: 14 });
    expect(streams.next()).toEqual({ id: 4, attributes: 0, length: 17, name: ':ads.txt:$DATA' });
    expect(streams.next()).toBeUndefined();
    expect(streams.next()).toBeUndefined();
    expect(streams.readInto(new Uint8Array(3))).toBe(0);
  });

  it('skips with BackupSeek where it can, across data that was read ahead', () => {
    const content = new Uint8Array(3_000_000);
    const original = [
      { id: 1, attributes: 0, data: content },
      { id: 4, attributes: 0, name: ':x:$DATA', data: bytesOf('end') },
    ];
    const context = new BackupRead(new MemoryStreams(original), { processSecurity: true });
    let [read, skipped] = [0, 0];
    const streams = new BackupReadStreams({
      read: (buffer) => {
        const n = context.read(buffer);
        read += n;
        return n;
      },
      skip: (bytes) => {
        const n = context.seek(bytes);
        skipped += n;
        return n;
      },
    });
    expect(streams.next()?.length).toBe(3_000_000);
    streams.readInto(new Uint8Array(10));
    expect(streams.next()?.name).toBe(':x:$DATA');
    expect(collect(streams)).toEqual([]);
    expect(read).toBeLessThan(300_000);
    expect(read + skipped).toBe(context.position);
  });

  it('reads what BackupSeek refuses to skip', () => {
    const context = new BackupRead(new MemoryStreams([{ id: 1, attributes: 0, data: new Uint8Array(1_000_000) }, ORDINARY_STREAMS[1]!]), {
      processSecurity: true,
    });
    const streams = new BackupReadStreams({ read: (buffer) => context.read(buffer), skip: (bytes) => context.seek(Math.min(bytes, 5000)) });
    streams.next();
    expect(streams.next()).toEqual({ id: 1, attributes: 0, length: 14 });
  });

  it.each([5, 30_000, 200_000, 1_000_000])('asks for large pieces, never for fewer bytes than Windows gives: buffers of %i', (size) => {
    // The last piece has 5 bytes when the one before it has 200,000.
    const length = 256 * 1024 - 20 + 200_005;
    const head = hex('01000000 00000000 0000000000000000 00000000');
    new DataView(head.buffer).setUint32(8, length, true);
    const bytes = new Bytes(new Uint8Array(Buffer.concat([head, new Uint8Array(length)])));
    const streams = new BackupReadStreams({
      read: (buffer) => {
        expect(buffer.length).toBeGreaterThanOrEqual(65_536);
        return bytes.read(buffer);
      },
    });
    streams.next();
    const buffer = new Uint8Array(size);
    let total = 0;
    for (let n = streams.readInto(buffer); n > 0; n = streams.readInto(buffer)) total += n;
    expect(streams.next()).toBeUndefined();
    expect(total).toBe(length);
    expect(bytes.calls).toBeLessThan(7);
  });

  it('closes its bytes once, and tells their faults', () => {
    const bytes = new Bytes(ORDINARY);
    const faults = [{ kind: 'unreadable', streamNumber: 1, offset: 0, message: 'bad sector' }] as const;
    const streams = new BackupReadStreams({ read: (buffer) => bytes.read(buffer), faults, close: () => bytes.close() });
    expect(streams.faults).toBe(faults);
    streams.close();
    streams.close();
    expect(bytes.closed).toBe(1);
    expect(new BackupReadStreams({ read: () => 0 }).faults).toEqual([]);
  });
});

describe('a sequence that is cut short', () => {
  const ends = (at: Record<string, number>): Set<number> => new Set(Object.values(at));
  it.each<[string, Uint8Array, Set<number>]>([
    ['ORDINARY', ORDINARY, ends(ORDINARY_AT)],
    ['SPARSE', SPARSE, new Set([0, 20, 52, 82, 110])],
  ])('%s, at every byte, gives FORMAT_SHORT and its place, but between streams', (_, bytes, whole) => {
    for (let length = 0; length <= bytes.length; length++) {
      const cut = bytes.slice(0, length);
      if (whole.has(length)) {
        expect(() => parse(cut), String(length)).not.toThrow();
        continue;
      }
      const { code, details } = errorOf(() => parse(cut));
      expect({ length, code, struct: details['struct'], offset: details['offset'] }).toEqual({
        length,
        code: 'FORMAT_SHORT',
        struct: 'WIN32_STREAM_ID',
        offset: length,
      });
    }
  });

  it('names the field that it ends in', () => {
    const fieldAt = (bytes: Uint8Array, length: number) => errorOf(() => parse(bytes.slice(0, length))).details['field'];
    expect([1, 4, 8, 16, 19].map((length) => fieldAt(ORDINARY, length))).toEqual([
      'streamId',
      'streamAttributes',
      'size',
      'streamNameSize',
      'streamNameSize',
    ]);
    expect([94, 121].map((length) => fieldAt(ORDINARY, length))).toEqual(['name', 'name']);
    expect(fieldAt(ORDINARY, 130)).toBe('size');
    expect([40, 47, 48].map((length) => fieldAt(SPARSE, length))).toEqual(['offset', 'offset', 'size']);
  });

  it('is told while its rest is skipped too, and again at every further call', () => {
    const streams = new BackupReadStreams(new Bytes(ORDINARY.slice(0, 130), 7));
    for (let i = 0; i < 3; i++) streams.next();
    expect(errorOf(() => streams.next())).toMatchObject({ code: 'FORMAT_SHORT', details: { offset: 130 } });
    expect(errorOf(() => streams.next())).toMatchObject({ code: 'FORMAT_SHORT' });
  });

  it('has its place counted across what BackupSeek skipped', () => {
    // The first read takes 5 of the first stream's 20 bytes.
    const cut = new Bytes(ORDINARY.slice(0, 130), 25);
    const reading = new BackupReadStreams({
      read: (buffer) => cut.read(buffer),
      skip: (wanted) => (wanted === 15 ? ((cut.at += 15), 15) : 0),
    });
    reading.next();
    expect(reading.next()).toMatchObject({ id: 1 });
    expect(errorOf(() => collect(reading))).toMatchObject({ code: 'FORMAT_SHORT', details: { offset: 130 } });
  });
});

describe('a header that cannot be true', () => {
  const at = (field: string, offset: number) => ({ code: 'FORMAT_RANGE', details: { struct: 'WIN32_STREAM_ID', field, offset } });
  it.each<[string, string, ReturnType<typeof at>]>([
    ['a size over 2^53', '01000000 00000000 0000000000002000 00000000', at('size', 8)],
    ['a size over 2^63', '01000000 00000000 00000000000000ff 00000000', at('size', 8)],
    ['a name over 64 KiB', '04000000 00000000 0000000000000000 02000100', at('streamNameSize', 16)],
    ['a name of 4 GiB', '04000000 00000000 0000000000000000 feffffff', at('streamNameSize', 16)],
    ['a name of half a character', '04000000 00000000 0000000000000000 03000000 3a0061', at('streamNameSize', 16)],
    ['a sparse block without room for its offset', '09000000 08000000 0700000000000000 00000000 00000000000000', at('size', 8)],
    ['an offset over 2^63', '09000000 08000000 0800000000000000 00000000 0000000000000080', at('offset', 20)],
    ['a block that ends behind 2^53', '09000000 08000000 0900000000000000 00000000 ffffffffffff1f00 00', at('offset', 20)],
  ])('%s', (_, bytes, expected) => {
    for (const size of [1, 1000]) expect(errorOf(() => parse(hex(bytes), size))).toMatchObject(expected);
    // and behind another stream its place is counted from the beginning of the sequence
    const second = errorOf(() => parse(new Uint8Array(Buffer.concat([ORDINARY, hex(bytes)]))));
    expect(second.details['offset']).toBe(ORDINARY.length + expected.details.offset);
  });

  it('is told at every further call too, for nobody knows where the next one is', () => {
    const bad = hex('04000000 00000000 0000000000000000 03000000');
    const streams = new BackupReadStreams(new Bytes(new Uint8Array(Buffer.concat([bad, ORDINARY])), 7));
    for (let i = 0; i < 2; i++) expect(errorOf(() => streams.next())).toMatchObject({ code: 'FORMAT_RANGE', details: { offset: 16 } });
  });

  it('is not met by the largest that can be: a block that ends at 2^53-1, a name of 64 KiB', () => {
    const block = hex('09000000 08000000 0800000000000000 00000000 ffffffffffff1f00');
    expect(parse(block)).toEqual([{ id: 9, attributes: 8, offset: Number.MAX_SAFE_INTEGER, data: new Uint8Array(0) }]);
    const name = 'n'.repeat(0x8000);
    const named = new Uint8Array(Buffer.concat([hex('04000000 00000000 0000000000000000 00000100'), Buffer.from(name, 'utf16le')]));
    for (const size of [1, 1000]) expect(parse(named, size)[0]?.name).toBe(name);
  });

  it('any bytes give streams or an error of ours, and take no memory that is only claimed', () => {
    const header = fc
      .record({
        id: fc.integer({ min: 0, max: 12 }),
        attributes: fc.constantFrom(0, 2, 8),
        size: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.maxSafeInteger()),
        name: fc.oneof(fc.constantFrom(0, 2, 8), fc.integer({ min: 0, max: 0xffff_ffff })),
        data: fc.uint8Array({ maxLength: 40 }),
      })
      .map(({ id, attributes, size, name, data }) => {
        const head = Buffer.alloc(20);
        head.writeUInt32LE(id, 0);
        head.writeUInt32LE(attributes, 4);
        head.writeBigInt64LE(BigInt(size), 8);
        head.writeUInt32LE(name, 16);
        return Buffer.concat([head, data]);
      });
    const sequences = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(header, { maxLength: 5 }).map((parts) => new Uint8Array(Buffer.concat(parts))),
    );
    fc.assert(
      fc.property(sequences, fc.integer({ min: 1, max: 50 }), (bytes, size) => {
        try {
          const total = parse(bytes, size).reduce((sum, { data }) => sum + data.length, 0);
          return total <= bytes.length;
        } catch (error) {
          return isWinbackError(error);
        }
      }),
      runs,
    );
  });

  it('streams of any kind come back from BackupRead as they were', () => {
    const stream = fc
      .record({
        id: fc.integer({ min: 1, max: 0xffff_ffff }),
        attributes: fc.integer({ min: 0, max: 0xffff_ffff }),
        name: fc.option(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), { nil: undefined }),
        offset: fc.maxSafeInteger().map(Math.abs),
        data: fc.uint8Array({ maxLength: 300 }),
      })
      .map(({ id, attributes, name, offset, data }): MemoryStream => {
        const block = id === 9 ? { offset: Math.min(offset, Number.MAX_SAFE_INTEGER - data.length) } : {};
        return { id, attributes, ...(name === undefined ? {} : { name }), ...block, data };
      });
    const kinds = fc.oneof(
      stream,
      stream.map((s) => ({ ...s, id: 9, offset: s.data.length })),
    );
    fc.assert(
      fc.property(fc.array(kinds, { maxLength: 6 }), fc.integer({ min: 1, max: 100 }), (streams, size) => {
        const context = new BackupRead(new MemoryStreams(streams), { processSecurity: true });
        const parsed = new BackupReadStreams({ read: (buffer) => context.read(buffer.subarray(0, size)) });
        expect(collect(parsed)).toEqual(streams);
      }),
      { numRuns: 200 },
    );
  });
});
