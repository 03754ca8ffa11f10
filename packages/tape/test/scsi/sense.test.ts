import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TapeStatus, tapeStatusName } from '../../src/index.js';
import { decodeSense } from '../../src/scsi/sense.js';
import { scsiStatus, senseStatus } from '../../src/scsi/sense-status.js';

const fixed = (flags: number, asc = 0, ascq = 0, information?: number): Uint8Array => {
  const out = new Uint8Array(18);
  out.set([information === undefined ? 0x70 : 0xf0, 0, flags, 0, 0, 0, 0, 10, 0, 0, 0, 0, asc, ascq]);
  new DataView(out.buffer).setInt32(3, information ?? 0);
  return out;
};
const name = (bytes: Uint8Array): string | undefined => {
  const sense = decodeSense(bytes);
  return sense && tapeStatusName(senseStatus(sense));
};

describe('sense data', () => {
  it('is decoded from the fixed format', () => {
    expect(decodeSense(fixed(0x80, 0, 1, 4096))).toEqual({
      key: 0,
      asc: 0,
      ascq: 1,
      filemark: true,
      endOfMedium: false,
      incorrectLength: false,
      information: 4096,
      deferred: false,
    });
    expect(decodeSense(fixed(0x20, 0, 0, -61_440))).toMatchObject({ incorrectLength: true, information: -61_440 });
    expect(decodeSense(fixed(0x20))?.information).toBeUndefined();
  });

  it('is decoded from what tgt sends', () => {
    const of = (hex: string) => decodeSense(Buffer.from(hex, 'hex'));
    expect(of('f0002000000c180a00000000000000000000')).toMatchObject({ key: 0, incorrectLength: true, information: 3096 });
    expect(of('f00020ffff10000a00000000000000000000')).toMatchObject({ incorrectLength: true, information: 4096 - 65_536 });
    expect(of('700048000000000a00000000000000000000')).toMatchObject({ key: 8, endOfMedium: true, information: undefined });
  });

  it('is decoded from the descriptor format, in any order and with descriptors that nobody knows', () => {
    const bytes = Buffer.from(
      '72000001000000' + '18' + '0402' + '0080' + '8002' + 'abcd' + '000a' + '8000' + 'ffffffffffff1000' + '0000',
      'hex',
    );
    expect(decodeSense(bytes)).toEqual({
      key: 0,
      asc: 0,
      ascq: 1,
      filemark: true,
      endOfMedium: false,
      incorrectLength: false,
      information: -61_440,
      deferred: false,
    });
    expect(decodeSense(Uint8Array.of(0x73, 3, 0x0c, 0, 0, 0, 0, 0))).toMatchObject({ key: 3, asc: 0x0c, deferred: true });
  });

  it('may be of an earlier command', () => {
    const bytes = fixed(0x03, 0x0c);
    bytes[0] = 0x71;
    expect(decodeSense(bytes)).toMatchObject({ key: 3, deferred: true });
  });

  it('is none when it is empty, or of another format', () => {
    for (const bytes of [[], [0x70], [0x70, 0], [0x7f, 0, 6, 0, 0, 0, 0, 10], [0, 0, 0, 0]]) {
      expect(decodeSense(Uint8Array.from(bytes))).toBeUndefined();
    }
  });

  it('is understood as far as it goes, wherever it is cut off', () => {
    for (const whole of [fixed(0x86, 0x29, 2, 7), Buffer.from('7206290200000010000a80000000000000000007' + '04020080', 'hex')]) {
      for (let length = 0; length <= whole.length; length++) {
        const sense = decodeSense(Uint8Array.from(whole.subarray(0, length)));
        if (length < 3) expect(sense).toBeUndefined();
        else expect([0, 6]).toContain(sense?.key);
      }
      expect(decodeSense(Uint8Array.from(whole))).toMatchObject({ key: 6, asc: 0x29, ascq: 2, information: 7, filemark: true });
    }
  });

  it('does not take bytes behind the end that the device names', () => {
    const bytes = fixed(0x06, 0x29, 1);
    bytes[7] = 4;
    expect(decodeSense(bytes)).toMatchObject({ asc: 0, ascq: 0 });
  });

  it('has a status of Windows, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 260 }), fc.constantFrom(0x70, 0x71, 0x72, 0x73, 0xf0), (bytes, code) => {
        if (bytes.length > 0) bytes[0] = code;
        const sense = decodeSense(bytes);
        if (sense !== undefined) expect(tapeStatusName(senseStatus(sense))).toBeDefined();
      }),
    );
  });
});

describe('the status of sense data', () => {
  it.each([
    // flags and key, asc, ascq
    [[0x00, 0, 0], 'NO_ERROR'],
    [[0x01, 0x37, 0], 'NO_ERROR'],
    [[0x80, 0, 1], 'ERROR_FILEMARK_DETECTED'],
    [[0x80, 0, 0], 'ERROR_FILEMARK_DETECTED'],
    [[0x80, 0, 3], 'ERROR_SETMARK_DETECTED'],
    [[0x40, 0, 2], 'ERROR_END_OF_MEDIA'],
    [[0x41, 0, 2], 'ERROR_END_OF_MEDIA'],
    [[0x40, 0, 4], 'ERROR_BEGINNING_OF_MEDIA'],
    [[0x20, 0, 0], 'ERROR_INVALID_BLOCK_LENGTH'],
    [[0x02, 0x04, 0x01], 'ERROR_NOT_READY'],
    [[0x02, 0x3a, 0x00], 'ERROR_NO_MEDIA_IN_DRIVE'],
    [[0x02, 0x30, 0x03], 'ERROR_CLEANER_CARTRIDGE_INSTALLED'],
    [[0x03, 0x11, 0x00], 'ERROR_CRC'],
    [[0x43, 0x00, 0x02], 'ERROR_END_OF_MEDIA'],
    [[0x04, 0x44, 0x00], 'ERROR_IO_DEVICE'],
    [[0x04, 0x53, 0x00], 'ERROR_UNABLE_TO_UNLOAD_MEDIA'],
    [[0x04, 0x00, 0x17], 'ERROR_DEVICE_REQUIRES_CLEANING'],
    [[0x05, 0x20, 0x00], 'ERROR_INVALID_FUNCTION'],
    [[0x05, 0x24, 0x00], 'ERROR_INVALID_PARAMETER'],
    [[0x05, 0x25, 0x00], 'ERROR_FILE_NOT_FOUND'],
    [[0x05, 0x53, 0x02], 'ERROR_UNABLE_TO_UNLOAD_MEDIA'],
    [[0x06, 0x28, 0x00], 'ERROR_MEDIA_CHANGED'],
    [[0x06, 0x29, 0x02], 'ERROR_BUS_RESET'],
    [[0x07, 0x27, 0x00], 'ERROR_WRITE_PROTECT'],
    [[0x08, 0x00, 0x05], 'ERROR_NO_DATA_DETECTED'],
    [[0x48, 0x00, 0x00], 'ERROR_NO_DATA_DETECTED'],
    [[0x4d, 0x00, 0x02], 'ERROR_EOM_OVERFLOW'],
    [[0x0b, 0x00, 0x00], 'ERROR_IO_DEVICE'],
    [[0x0f, 0x00, 0x00], 'ERROR_IO_DEVICE'],
  ] as const)('%j is %s', ([flags, asc, ascq], expected) => {
    expect(name(fixed(flags, asc, ascq))).toBe(expected);
  });

  it('is that of the command where there is no sense data', () => {
    const of = [0x00, 0x04, 0x08, 0x18, 0x28, 0x30, 0x40, 0xff].map((status) => tapeStatusName(scsiStatus(status)));
    expect(of).toEqual([
      'NO_ERROR',
      'NO_ERROR',
      'ERROR_NOT_READY',
      'ERROR_SHARING_VIOLATION',
      'ERROR_NOT_READY',
      'ERROR_IO_DEVICE',
      'ERROR_IO_DEVICE',
      'ERROR_IO_DEVICE',
    ]);
    expect(TapeStatus.NO_ERROR).toBe(0);
  });
});
