import { ascii, bytes, FieldProblem, reserved, size64, struct, u16, u32, u8, type Codec } from '@winback/core';

/** Civil time in the zone that the SSET names. All zero: unknown. */
export interface MtfDateTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const PARTS = [
  ['year', 14],
  ['month', 4],
  ['day', 5],
  ['hour', 5],
  ['minute', 6],
  ['second', 6],
] as const;

/** MTF_DATE_TIME: 40 bits, the first byte's highest bit first. */
export const dateTime: Codec<MtfDateTime> = {
  type: 'MTF_DATE_TIME',
  size: 5,
  zero: { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 },
  read(view, at) {
    const low = view.getUint32(at + 1, false);
    return {
      year: (view.getUint8(at) << 6) | (low >>> 26),
      month: (low >>> 22) & 15,
      day: (low >>> 17) & 31,
      hour: (low >>> 12) & 31,
      minute: (low >>> 6) & 63,
      second: low & 63,
    };
  },
  write(view, at, value) {
    for (const [name, width] of PARTS) {
      const part = value[name];
      if (!Number.isInteger(part) || part < 0 || part >= 1 << width) {
        throw new FieldProblem(
          'FORMAT_RANGE',
          `${name} ${String(part)} does not fit ${String(width)} bits`,
          at,
          `0..${String((1 << width) - 1)}`,
          part,
        );
      }
    }
    const { year, month, day, hour, minute, second } = value;
    view.setUint8(at, year >>> 6);
    view.setUint32(at + 1, (((year & 63) << 26) | (month << 22) | (day << 17) | (hour << 12) | (minute << 6) | second) >>> 0, false);
  },
};

// prettier-ignore
export const TapeAddress = struct('MTF_TAPE_ADDRESS', { size: 0x04, spec: 'MTF 1.00a, MTF_TAPE_ADDRESS' }, [
  [0x00, 'length', u16, 'Size. Bytes; 0 when there is nothing'],
  [0x02, 'offset', u16, 'Offset. From the start of the block that holds this address'],
]);

// prettier-ignore
export const BlockHeader = struct('MTF_DB_HDR', { size: 0x34, spec: 'MTF 1.00a, Common Block Header' }, [
  [0x00, 'type',               ascii(4),    'DBLK Type'],
  [0x04, 'attributes',         u32,         'Block Attributes. Low half for any block, high half by type'],
  [0x08, 'offsetToFirstEvent', u16,         'From the start of the block to its first stream header'],
  [0x0a, 'osId',               u8,          'OS ID. 14 = Windows NT'],
  [0x0b, 'osVersion',          u8,          'OS Version. Of the OS-specific structures'],
  [0x0c, 'displayableSize',    size64,      'Bytes, as shown to people; for a FILE its size'],
  [0x14, 'fla',                size64,      'Format Logical Address. Format logical blocks since the SSET'],
  [0x1c, 'mbc',                u16,         'Reserved for MBC. Media sequence number in catalogs of type 2'],
  [0x1e, 'reserved1e',         reserved(6), ''],
  [0x24, 'controlBlockId',     u32,         'Control Block #. 0 in the SSET, then one more for each block'],
  [0x28, 'reserved28',         reserved(4), ''],
  [0x2c, 'osSpecificData',     TapeAddress, 'OS-specific Data'],
  [0x30, 'stringType',         u8,          '0 no strings, 1 ANSI, 2 UTF-16'],
  [0x31, 'reserved31',         bytes(1),    ''],
  [0x32, 'checksum',           u16,         'Header Checksum. XOR of the 25 words before it'],
]);
