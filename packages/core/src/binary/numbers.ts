import { FieldProblem, type Codec } from './codec.js';

type Getter = 'getUint8' | 'getInt8' | 'getUint16' | 'getUint32' | 'getInt32';
type Setter = 'setUint8' | 'setInt8' | 'setUint16' | 'setUint32' | 'setInt32';

function number(type: string, size: number, get: Getter, set: Setter, low: number, high: number, little = true): Codec<number> {
  return {
    type,
    size,
    zero: 0,
    read: (view, at) => view[get](at, little),
    write(view, at, value) {
      if (!Number.isInteger(value) || value < low || value > high) {
        throw new FieldProblem('FORMAT_RANGE', `${String(value)} is not a ${type}`, at, `${String(low)}..${String(high)}`, value);
      }
      view[set](at, value, little);
    },
  };
}

export const u8 = number('u8', 1, 'getUint8', 'setUint8', 0, 0xff);
export const i8 = number('i8', 1, 'getInt8', 'setInt8', -0x80, 0x7f);
export const u16 = number('u16', 2, 'getUint16', 'setUint16', 0, 0xffff);
export const u16be = number('u16be', 2, 'getUint16', 'setUint16', 0, 0xffff, false);

function three(type: string, low: number, high: number, signed: boolean): Codec<number> {
  return {
    type,
    size: 3,
    zero: 0,
    read: (view, at) => ((signed ? view.getInt8(at) : view.getUint8(at)) << 16) | view.getUint16(at + 1),
    write(view, at, value) {
      if (!Number.isInteger(value) || value < low || value > high) {
        throw new FieldProblem('FORMAT_RANGE', `${String(value)} is not a ${type}`, at, `${String(low)}..${String(high)}`, value);
      }
      view.setUint8(at, (value >> 16) & 0xff);
      view.setUint16(at + 1, value & 0xffff);
    },
  };
}

/** SCSI's lengths of three bytes. */
export const u24be = three('u24be', 0, 0xff_ffff, false);
export const i24be = three('i24be', -0x80_0000, 0x7f_ffff, true);
export const u32 = number('u32', 4, 'getUint32', 'setUint32', 0, 0xffff_ffff);
export const u32be = number('u32be', 4, 'getUint32', 'setUint32', 0, 0xffff_ffff, false);
export const i32 = number('i32', 4, 'getInt32', 'setInt32', -0x8000_0000, 0x7fff_ffff);

const U64_MAX = 0xffff_ffff_ffff_ffffn;

function big(type: string, little: boolean): Codec<bigint> {
  return {
    type,
    size: 8,
    zero: 0n,
    read: (view, at) => view.getBigUint64(at, little),
    write(view, at, value) {
      if (value < 0n || value > U64_MAX)
        throw new FieldProblem('FORMAT_RANGE', `${String(value)} is not a ${type}`, at, `0..${String(U64_MAX)}`, value);
      view.setBigUint64(at, value, little);
    },
  };
}

/** Identifiers, FILETIMEs, block addresses. */
export const u64 = big('u64', true);
export const u64be = big('u64be', false);

const TWO_32 = 0x1_0000_0000;

/** A size or position as a number. Refuses values over 2^53-1, which no file reaches and only damaged bytes claim. */
export const size64: Codec<number> = {
  type: 'u64',
  size: 8,
  zero: 0,
  read(view, at) {
    const value = view.getUint32(at + 4, true) * TWO_32 + view.getUint32(at, true);
    if (value > Number.MAX_SAFE_INTEGER)
      throw new FieldProblem('FORMAT_RANGE', `size ${String(value)} is over 2^53-1`, at, '0..2^53-1', value);
    return value;
  },
  write(view, at, value) {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new FieldProblem('FORMAT_RANGE', `${String(value)} is not a size`, at, '0..2^53-1', value);
    view.setUint32(at, value % TWO_32, true);
    view.setUint32(at + 4, Math.floor(value / TWO_32), true);
  },
};
