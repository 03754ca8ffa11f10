import { describe, expect, it } from 'vitest';
import {
  ascii,
  bits,
  bytes,
  FormatError,
  guid,
  LayoutError,
  magic,
  record,
  size64,
  struct,
  structToMarkdown,
  u16,
  u16be,
  u32,
  u64,
  u8,
  utf16le,
  type Row,
} from '../../src/index.js';

const table = (size: number, rows: readonly Row[]) => () => struct('X', { size, spec: 'test' }, rows);

describe('a table is refused at import', () => {
  it.each([
    ['with a gap', table(5, [[0, 'a', u8, ''], [4, 'b', u8, '']]), 'X.b: table says 0x4, previous field ends at 0x1'], // prettier-ignore
    ['with an overlap', table(5, [[0, 'a', u32, ''], [2, 'b', u16, '']]), 'X.b: table says 0x2, previous field ends at 0x4'], // prettier-ignore
    ['that does not begin at 0', table(5, [[1, 'a', u32, '']]), 'X.a: table says 0x1, previous field ends at 0x0'],
    ['with a wrong total', table(5, [[0, 'a', u32, '']]), 'X: table covers 4 bytes, declared 5'],
    ['with a name that stands twice', table(2, [[0, 'a', u8, ''], [1, 'a', u8, '']]), 'X.a: the name stands twice'], // prettier-ignore
    ['with a gap between bits', () => bits('B', u8, [[0, 3, 'a', ''], [4, 4, 'b', '']]), 'B.b: bit 4, expected 3'], // prettier-ignore
    ['with too few bits', () => bits('B', u8, [[0, 3, 'a', '']]), 'B: 3 bits of 8'],
  ])('%s', (_name, make, message) => {
    expect(make).toThrow(LayoutError);
    expect(make).toThrow(message);
  });
});

// prettier-ignore
const Inner = struct('INNER', { size: 0x06, spec: 'test' }, [
  [0x00, 'signature', magic('IN'), ''],
  [0x02, 'value',     u32,         'A number'],
]);
// prettier-ignore
const Outer = struct('OUTER', { size: 0x0a, spec: 'test, section 1' }, [
  [0x00, 'count',     u16be,    'How many'],
  [0x02, 'inner',     Inner,    'One of them'],
  [0x08, 'unknown08', bytes(2), ''],
]);

describe('a structure', () => {
  it('reads and writes little-endian, and big-endian where the table says so', () => {
    const value = { count: 0x0102, inner: { signature: 'IN' as const, value: 0x0a0b0c0d }, unknown08: Uint8Array.of(8, 9) };
    const given = Uint8Array.of(1, 2, 0x49, 0x4e, 0x0d, 0x0c, 0x0b, 0x0a, 8, 9);
    expect(Outer.encode(value)).toEqual(given);
    expect(Outer.decode(given)).toEqual(value);
  });

  it('says which field is wrong, in which structure, and where in the file', () => {
    const wrong = Uint8Array.of(0, 0, 0x49, 0x58, 0, 0, 0, 0, 0, 0);
    const details = { struct: 'OUTER', field: 'inner.signature', offset: 1002, expected: 'IN', actual: 'IX' };
    expect(() => Outer.decode(wrong, 0, 1000)).toThrow(expect.objectContaining({ code: 'FORMAT_MAGIC', details }) as Error);
  });

  it('refuses a value that does not fit its field', () => {
    const inner = Inner.create();
    for (const count of [-1, 65_536, 1.5, NaN]) expect(() => Outer.encode({ ...Outer.create(), inner, count })).toThrow(FormatError);
    expect(() => Outer.encode({ ...Outer.create(), unknown08: new Uint8Array(3) })).toThrow('exactly 2 bytes');
  });

  it('is created with its signatures, zeros and what is given', () => {
    expect(Inner.create()).toEqual({ signature: 'IN', value: 0 });
    expect(Inner.create({ value: 7 })).toEqual({ signature: 'IN', value: 7 });
    expect(Outer.offsetOf('unknown08')).toBe(8);
  });

  it('prints itself as a table', () => {
    expect(structToMarkdown(Outer).split('\n')).toEqual(
      expect.arrayContaining(['### OUTER (10 bytes)', 'Source: test, section 1', '| 0x02 | 6 | INNER | `inner` | One of them |']),
    );
  });
});

describe('a record', () => {
  // prettier-ignore
  const Named = record(struct('NAMED', { size: 0x04, spec: 'test' }, [
    [0x00, 'kind',     u16, ''],
    [0x02, 'nameSize', u16, ''],
  ]), { name: { length: 'nameSize', as: utf16le } });

  it('derives its lengths, and reads what it wrote', () => {
    const written = Named.encode({ kind: 5, name: 'aé\udce9' });
    expect([...written.subarray(0, 4)]).toEqual([5, 0, 6, 0]);
    expect(Named.decode(written)).toEqual({ value: { kind: 5, name: 'aé\udce9' }, end: 10 });
  });

  it('that claims more than there is is FORMAT_SHORT', () => {
    expect(() => Named.decode(Uint8Array.of(0, 0, 3, 0, 65, 0))).toThrow(expect.objectContaining({ code: 'FORMAT_SHORT' }) as Error);
  });
});

describe('fields', () => {
  const roundTrip = <T>(
    codec: { size: number; read(v: DataView, at: number): T; write(v: DataView, at: number, x: T): void },
    value: T,
  ) => {
    const view = new DataView(new ArrayBuffer(codec.size));
    codec.write(view, 0, value);
    return { bytes: Buffer.from(view.buffer).toString('hex'), value: codec.read(view, 0) };
  };

  it('a GUID has Windows’ mixed byte order', () => {
    const value = '00112233-4455-6677-8899-aabbccddeeff';
    expect(roundTrip(guid, value)).toEqual({ bytes: '33221100554477668899aabbccddeeff', value });
    expect(() => roundTrip(guid, '0011')).toThrow('not a GUID');
  });

  it('bits lie where the table says, in numbers of 8 to 64 bits', () => {
    const Entry = bits('ENTRY', u64, [[0, 3, 'state', ''], [3, 17, 'reserved3', ''], [20, 44, 'offset', '']]); // prettier-ignore
    const value = { state: 6n, reserved3: 0n, offset: 0x123n };
    expect(roundTrip(Entry, value)).toEqual({ bytes: '0600301200000000', value });
    expect(() => roundTrip(Entry, { ...value, state: 8n })).toThrow('does not fit 3 bits');
    const small = bits('SMALL', u8, [[0, 4, 'low', ''], [4, 4, 'high', '']]); // prettier-ignore
    expect(roundTrip(small, { low: 1n, high: 0xfn }).bytes).toBe('f1');
  });

  it('sizes beyond what a number holds exactly are refused', () => {
    expect(roundTrip(size64, 2 ** 53 - 1)).toEqual({ bytes: 'ffffffffffff1f00', value: 2 ** 53 - 1 });
    expect(() => size64.read(new DataView(Uint8Array.of(0, 0, 0, 0, 0, 0, 32, 0).buffer), 0)).toThrow();
  });

  it('text of a fixed width holds single bytes', () => {
    expect(roundTrip(ascii(4), 'TAPE')).toEqual({ bytes: '54415045', value: 'TAPE' });
    for (const wrong of ['TAP', 'TAPES', 'TAP€']) expect(() => roundTrip(ascii(4), wrong)).toThrow('single-byte');
  });
});
