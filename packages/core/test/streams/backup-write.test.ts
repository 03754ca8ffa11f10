import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWinbackError, RecoveryError } from '../../src/errors/index.js';
import { BackupRead, BackupWrite, MemoryStreams, type MemoryStream } from '../../src/streams/index.js';
import { bytesOf, hex, ORDINARY, ORDINARY_AT, ORDINARY_STREAMS, piecesOf, RecordingRecovery, SPARSE, SPARSE_STREAMS } from './sequences.js';

const runs = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1000) };
const ALL = { processSecurity: true };
const join = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Writes a sequence in pieces to a volume that holds everything. */
function write(bytes: Uint8Array, size = 1000, options = ALL, recovery = new RecordingRecovery()) {
  const context = new BackupWrite(recovery, options);
  for (const piece of piecesOf(bytes, size)) context.write(piece);
  const { problems } = context.finish();
  return { recovery, context, problems, leftOut: context.leftOut.map(({ header, offset, reason }) => ({ id: header.id, offset, reason })) };
}

interface Shown {
  code: string;
  details: Record<string, unknown>;
}
function errorOf(action: () => unknown): Shown {
  try {
    action();
  } catch (error) {
    if (isWinbackError(error)) return { code: error.code, details: error.details };
    throw error;
  }
  throw new TypeError('nothing was thrown');
}

describe('BackupWrite', () => {
  it.each([1, 2, 3, 19, 20, 21, 47, 1000])('gives the streams of winbase.h’s bytes to the volume, in pieces of %i', (size) => {
    for (const [bytes, streams] of [
      [ORDINARY, ORDINARY_STREAMS],
      [SPARSE, SPARSE_STREAMS],
    ] as const) {
      const { recovery, context, problems, leftOut } = write(bytes, size);
      expect(recovery.given).toEqual(streams);
      expect({ problems, leftOut, ended: recovery.ended }).toEqual({ problems: [], leftOut: [], ended: 'committed' });
      expect(context.position).toBe(bytes.length);
    }
  });

  it('of nothing makes an empty file', () => {
    expect(write(new Uint8Array(0)).recovery).toMatchObject({ streams: [], ended: 'committed' });
  });

  it('leaves security descriptors out unless they are asked for, and that is no problem', () => {
    const { recovery, problems, leftOut } = write(ORDINARY, 10, { processSecurity: false });
    expect(recovery.given).toEqual(ORDINARY_STREAMS.slice(1));
    expect({ problems, leftOut }).toEqual({ problems: [], leftOut: [{ id: 3, offset: 0, reason: 'security' }] });
    // the id alone decides too, and so does the flag alone
    const unflagged = hex('03000000 00000000 0100000000000000 00000000 00');
    const flagged = hex('02000000 02000000 0100000000000000 00000000 00');
    expect(write(join(unflagged, flagged), 10, { processSecurity: false }).recovery.given).toEqual([]);
  });

  it.each([
    [0, 'unknown'],
    [6, 'not-kept'],
    [10, 'not-kept'],
    [11, 'not-kept'],
    [12, 'unknown'],
    [0xffff_ffff, 'unknown'],
  ])('skips a stream of id %i, says so, and goes on', (id, reason) => {
    const head = Buffer.alloc(20);
    head.writeUInt32LE(id, 0);
    head.writeUInt32LE(5, 8);
    const bytes = join(ORDINARY.subarray(0, 40), head, bytesOf('12345'), ORDINARY.subarray(40));
    const { recovery, problems, leftOut } = write(bytes, 7);
    expect(recovery.given).toEqual(ORDINARY_STREAMS);
    expect(leftOut).toEqual([{ id, offset: 40, reason }]);
    expect(problems).toMatchObject([
      { path: 'file', effect: 'incomplete', error: { code: 'FORMAT_UNSUPPORTED', details: { struct: 'WIN32_STREAM_ID', offset: 40 } } },
    ]);
  });

  it('names the first thousand streams it left out, and counts the others', () => {
    const one = hex('63000000 00000000 0000000000000000 00000000');
    const { problems, leftOut } = write(join(...Array.from({ length: 1500 }, () => one)));
    expect(leftOut).toHaveLength(1000);
    expect(problems).toHaveLength(1001);
    expect(problems.at(-1)?.error.message).toContain('500 more');
  });

  it('skips what the volume refuses, which names it itself', () => {
    const { recovery, problems } = write(ORDINARY, 6, ALL, new RecordingRecovery([4]));
    expect(recovery.given).toEqual(ORDINARY_STREAMS.slice(0, 2));
    expect(problems).toEqual([]);
  });

  it('an alternate stream without a name has no place', () => {
    const bytes = join(ORDINARY, hex('04000000 00000000 0100000000000000 00000000 00'));
    expect(write(bytes)).toMatchObject({ leftOut: [{ id: 4, offset: 139, reason: 'unnamed' }], problems: [{ effect: 'incomplete' }] });
  });
});

describe('sparse blocks', () => {
  const alternate = join(hex('04000000 08000000 0000000000000000 12000000'), Buffer.from(':nn:$DATA', 'utf16le'));
  const block = hex('09000000 08000000 0a00000000000000 00000000 0000000000000000 6869');

  it('belong to the stream before them: those of a refused alternate stream are not content of the file', () => {
    const all = write(join(SPARSE, alternate, block), 9);
    expect(all.recovery.given.map(({ id }) => id)).toEqual([1, 9, 9, 9, 4, 9]);
    const refused = write(join(SPARSE, alternate, block), 9, ALL, new RecordingRecovery([4]));
    expect(refused.recovery.given).toEqual(SPARSE_STREAMS);
  });

  it('of the content itself may come behind facts, or behind streams that are skipped', () => {
    const unknown = hex('63000000 00000000 0000000000000000 00000000');
    const parted = join(SPARSE.subarray(0, 20), ORDINARY.subarray(0, 40), unknown, SPARSE.subarray(20));
    expect(write(parted).recovery.given.map(({ id }) => id)).toEqual([1, 3, 9, 9, 9]);
    expect(write(join(alternate, unknown, block)).recovery.given.map(({ id }) => id)).toEqual([4, 9]);
  });

  it.each<[string, Uint8Array, number]>([
    ['first of all', block, 0],
    ['behind a stream that is not sparse', join(ORDINARY, block), ORDINARY.length],
    ['behind facts only', join(ORDINARY.subarray(0, 40), block), 40],
    ['behind facts that part them from an alternate stream', join(SPARSE, alternate, ORDINARY.subarray(0, 40), block), 110 + 38 + 40],
  ])('%s are refused', (_, bytes, offset) => {
    const recovery = new RecordingRecovery();
    const expected = { code: 'FORMAT_STRUCTURE', details: { struct: 'WIN32_STREAM_ID', field: 'streamId', offset } };
    expect(errorOf(() => write(bytes, 5, ALL, recovery))).toMatchObject(expected);
    expect(recovery.ended).toBe('aborted');
  });
});

describe('links', () => {
  const link = hex('05000000 00000000 0600000000000000 00000000 5c006100 6200');

  it('are made where a sequence has nothing else', () => {
    const { recovery, leftOut } = write(link, 1);
    expect({ given: recovery.given, leftOut }).toEqual({ given: [{ id: 5, attributes: 0, data: hex('5c0061006200') }], leftOut: [] });
  });

  it.each<[string, Uint8Array, number]>([
    ['behind content', join(ORDINARY, link), 139],
    ['before it', join(link, ORDINARY), 0],
  ])('%s are other names of the file, which is made as it is', (_, bytes, offset) => {
    const { recovery, leftOut, problems } = write(bytes, 11);
    expect(recovery.given).toEqual(ORDINARY_STREAMS);
    expect(leftOut).toEqual([{ id: 5, offset, reason: 'link' }]);
    expect(problems).toHaveLength(1);
  });

  it('longer than any path are left out', () => {
    const long = join(hex('05000000 00000000 0200010000000000 00000000'), new Uint8Array(0x10002));
    expect(write(long)).toMatchObject({ leftOut: [{ id: 5, offset: 0, reason: 'link' }], recovery: { streams: [] } });
  });
});

describe('BackupSeek on a BackupWrite', () => {
  const seekIn = (bytes: Uint8Array, at: number, seek: number) => {
    const recovery = new RecordingRecovery();
    const context = new BackupWrite(recovery, ALL);
    context.write(bytes.subarray(0, at));
    return { recovery, context, skipped: context.seek(seek) };
  };

  it('leaves zeros in content', () => {
    const { recovery, context, skipped } = seekIn(ORDINARY, 40 + 20 + 4, 4);
    expect(skipped).toBe(4);
    context.write(ORDINARY.subarray(68));
    expect(context.finish().problems).toEqual([]);
    expect(recovery.given[1]?.data).toEqual(bytesOf('test\0\0\0\x001 2 3\n'));
    expect(recovery.given[2]).toEqual(ORDINARY_STREAMS[2]);
  });

  it('asked for more than is left, says how much there was, and expects the next header', () => {
    const { recovery, context, skipped } = seekIn(ORDINARY, 64, Number.MAX_SAFE_INTEGER);
    expect(skipped).toBe(10);
    expect(context.position).toBe(ORDINARY_AT.alternate);
    context.write(ORDINARY.subarray(ORDINARY_AT.alternate));
    context.finish();
    expect(recovery.given[1]?.data).toEqual(bytesOf('test\0\0\0\0\0\0\0\0\0\0'));
  });

  it('of large data writes as many zeros as were skipped', () => {
    const size = 200_000;
    const head = hex('01000000 00000000 400d030000000000 00000000');
    const { recovery, context } = seekIn(head, 20, size - 1);
    context.write(bytesOf('!'));
    context.finish();
    expect(recovery.given[0]?.data).toEqual(join(new Uint8Array(size - 1), bytesOf('!')));
  });

  it('gets nowhere in and between headers, nor in the offset of a sparse block', () => {
    for (const at of [0, 1, 19, 40, 45, 74, 94, 100, 121, 139]) expect(seekIn(ORDINARY, at, 5), String(at)).toMatchObject({ skipped: 0 });
    for (const at of [20, 40, 41, 47]) expect(seekIn(SPARSE, at, 5), String(at)).toMatchObject({ skipped: 0 });
    expect(seekIn(SPARSE, 48, 5)).toMatchObject({ skipped: 4 });
  });

  it('a fact of which a part is missing is not applied', () => {
    const { recovery, context, skipped } = seekIn(ORDINARY, 25, 3);
    expect(skipped).toBe(3);
    context.write(ORDINARY.subarray(28));
    expect(context.finish().problems).toMatchObject([{ error: { code: 'FORMAT_UNSUPPORTED' } }]);
    expect(context.leftOut).toMatchObject([{ offset: 0, reason: 'skipped' }]);
    expect(recovery.given[0]?.data).toHaveLength(5);
    expect(recovery.given.slice(1)).toEqual(ORDINARY_STREAMS.slice(1));
  });

  it('a link of which a part is missing is not made', () => {
    const { recovery, context } = seekIn(hex('05000000 00000000 0600000000000000 00000000 5c006100 6200'), 22, 4);
    context.finish();
    expect(recovery.given).toEqual([]);
    expect(context.leftOut).toMatchObject([{ offset: 0, reason: 'skipped' }]);
  });

  it('refuses a wrong number of bytes', () => {
    const { context } = seekIn(ORDINARY, 64, 0);
    for (const wrong of [-1, 0.5, NaN, Infinity]) expect(() => context.seek(wrong)).toThrow(RangeError);
    context.write(ORDINARY.subarray(64));
    expect(context.finish().problems).toEqual([]);
  });
});

describe('a sequence that is damaged', () => {
  it.each<[string, Uint8Array, number[]]>([
    ['ORDINARY', ORDINARY, Object.values(ORDINARY_AT)],
    ['SPARSE', SPARSE, [0, 20, 52, 82, 110]],
  ])('%s, cut at every byte, ends with FORMAT_SHORT, and nothing of the file stays', (_, bytes, whole) => {
    for (let length = 0; length <= bytes.length; length++) {
      const recovery = new RecordingRecovery();
      if (whole.includes(length)) {
        write(bytes.subarray(0, length), 8, ALL, recovery);
        expect(recovery.ended).toBe('committed');
        continue;
      }
      const { code, details } = errorOf(() => write(bytes.subarray(0, length), 8, ALL, recovery));
      expect({ length, code, struct: details['struct'], offset: details['offset'], ended: recovery.ended }).toEqual({
        length,
        code: 'FORMAT_SHORT',
        struct: 'WIN32_STREAM_ID',
        offset: length,
        ended: 'aborted',
      });
      expect(details['field']).toEqual(expect.any(String));
    }
  });

  it('a second stream of content is refused', () => {
    const bytes = join(ORDINARY, ORDINARY.subarray(ORDINARY_AT.data, ORDINARY_AT.alternate));
    expect(errorOf(() => write(bytes))).toMatchObject({ code: 'FORMAT_STRUCTURE', details: { field: 'streamId', offset: 139 } });
  });

  it('after an error every call says the same, and ending it is no further error', () => {
    const recovery = new RecordingRecovery();
    const context = new BackupWrite(recovery, ALL);
    const bad = hex('04000000 00000000 0000000000000000 03000000');
    const first = errorOf(() => context.write(join(ORDINARY, bad)));
    expect(first).toMatchObject({ code: 'FORMAT_RANGE', details: { field: 'streamNameSize', offset: 139 + 16 } });
    expect(recovery.ended).toBe('aborted');
    recovery.ended = undefined;
    expect(errorOf(() => context.write(ORDINARY))).toEqual(first);
    expect(errorOf(() => context.seek(1))).toEqual(first);
    expect(errorOf(() => context.finish())).toEqual(first);
    context.abort();
    expect(recovery.ended).toBeUndefined();
  });

  it('an error of the volume ends it in the same way', () => {
    const recovery = new RecordingRecovery();
    recovery.write = () => {
      throw new RecoveryError('RECOVERY_IO', 'file: no room');
    };
    expect(errorOf(() => write(ORDINARY, 100, ALL, recovery))).toMatchObject({ code: 'RECOVERY_IO' });
    expect(recovery.ended).toBe('aborted');
  });

  it('any bytes make a file or an error of ours', () => {
    const header = fc
      .record({
        id: fc.integer({ min: 0, max: 12 }),
        attributes: fc.constantFrom(0, 2, 8, 10),
        size: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0 })),
        name: fc.constantFrom(0, 0, 2, 8, 7, 0xffff_ffff),
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
    const changed = fc
      .tuple(fc.constantFrom(ORDINARY, SPARSE), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }))
      .map(([bytes, changes]) => {
        const copy = bytes.slice();
        for (const [at, value] of changes) copy[at % copy.length] = value;
        return copy;
      });
    const sequences = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      changed,
      fc.array(header, { maxLength: 5 }).map((parts) => join(...parts)),
    );
    fc.assert(
      fc.property(sequences, fc.integer({ min: 1, max: 60 }), (bytes, size) => {
        const recovery = new RecordingRecovery();
        try {
          write(bytes, size, ALL, recovery);
          return recovery.ended === 'committed';
        } catch (error) {
          return isWinbackError(error) && recovery.ended === 'aborted';
        }
      }),
      runs,
    );
  });
});

describe('states', () => {
  it('after finish nothing can be written, and abort does nothing', () => {
    const { context, recovery } = write(ORDINARY);
    expect(() => context.write(ORDINARY)).toThrow(TypeError);
    expect(() => context.seek(1)).toThrow(TypeError);
    expect(() => context.finish()).toThrow(TypeError);
    context.abort();
    expect(recovery.ended).toBe('committed');
  });

  it('abort in the middle takes away what was written, once', () => {
    const recovery = new RecordingRecovery();
    const context = new BackupWrite(recovery, ALL);
    context.write(ORDINARY.subarray(0, 70));
    context.abort();
    expect(recovery.ended).toBe('aborted');
    recovery.ended = undefined;
    context.abort();
    expect(recovery.ended).toBeUndefined();
    expect(() => context.write(ORDINARY)).toThrow(TypeError);
  });

  it('streams come through BackupRead and BackupWrite as they were, whatever the pieces', () => {
    const fact = fc.record({ id: fc.constantFrom(2, 3, 7, 8), attributes: fc.constantFrom(0, 2), data: fc.uint8Array({ maxLength: 90 }) });
    const named = fc.record({ id: fc.constant(4), attributes: fc.constant(0), name: fc.string({ minLength: 1 }), data: fc.uint8Array() });
    const whole = fc.tuple(fc.array(fact, { maxLength: 4 }), fc.uint8Array({ maxLength: 90 }), fc.array(named, { maxLength: 3 }));
    fc.assert(
      fc.property(whole, fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), ([facts, data, others], readSize, writeSize) => {
        const streams: MemoryStream[] = [...facts, { id: 1, attributes: 0, data }, ...others];
        using reader = new BackupRead(new MemoryStreams(streams), ALL);
        const parts: Uint8Array[] = [];
        for (;;) {
          const buffer = new Uint8Array(readSize);
          const n = reader.read(buffer);
          if (n === 0) break;
          parts.push(buffer.subarray(0, n));
        }
        expect(write(join(...parts), writeSize).recovery.given).toEqual(streams);
      }),
      { numRuns: 200 },
    );
  });
});
