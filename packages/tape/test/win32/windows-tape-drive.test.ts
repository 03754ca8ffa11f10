import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FeaturesHigh,
  FeaturesLow,
  TapeErase,
  TapemarkType,
  TapePartitionMethod,
  TapePositionMethod,
  TapePositionType,
  TapePrepare,
  TapeStatus,
  tapeStatusName,
  type TapeDrive,
} from '../../src/index.js';
import { WindowsTapeDrive } from '../../src/win32/windows-tape-drive.js';
import { NAME, newMedium, windowsWithTape } from './stand-in/index.js';

const { FILEMARKS, SETMARKS } = TapemarkType;
const { REWIND, LOGICAL_BLOCK, ABSOLUTE_BLOCK, SPACE_RELATIVE_BLOCKS, SPACE_SEQUENTIAL_FMKS } = TapePositionMethod;
const LOGICAL = TapePositionType.LOGICAL;

function opened(mode: 'read' | 'write' = 'write', capacity?: number) {
  const { driver, tape, calls } = windowsWithTape(capacity);
  return { tape, calls, drive: driver.open(NAME, { mode }) };
}
const block = (byte: number, length = 1024): Uint8Array => new Uint8Array(length).fill(byte);
const code = (name: string, details: Record<string, unknown> = {}): unknown =>
  expect.objectContaining({ code: name, details: expect.objectContaining(details) as unknown });

describe('numbers of Windows', () => {
  const calls = {
    GetTapeParameters: (drive) => drive.getMediaParameters(),
    SetTapeParameters: (drive) => drive.setMediaParameters({ blockSize: 0 }),
    GetTapePosition: (drive) => drive.getTapePosition(LOGICAL),
    SetTapePosition: (drive) => drive.setTapePosition(REWIND, 0, 0),
    PrepareTape: (drive) => drive.prepareTape(TapePrepare.LOAD),
    EraseTape: (drive) => drive.eraseTape(TapeErase.SHORT),
    CreateTapePartition: (drive) => drive.createTapePartition(TapePartitionMethod.SELECT, 2, 0),
    WriteTapemark: (drive) => drive.writeTapemark(FILEMARKS, 1),
  } satisfies Record<string, (drive: TapeDrive) => unknown>;

  for (const [name, number] of Object.entries(TapeStatus).filter(([, value]) => value !== 0)) {
    it(`${name} is thrown by every call that answers it`, () => {
      for (const [call, run] of Object.entries(calls)) {
        const { tape, drive } = opened();
        tape.failures.set(call, number);
        // The block size is all that SetTapeParameters can find wrong of a medium.
        const status = call === 'SetTapeParameters' && number === 87 ? TapeStatus.ERROR_INVALID_BLOCK_LENGTH : number;
        const wanted = { status, name: tapeStatusName(status), call, drive: NAME };
        expect(() => run(drive), call).toThrow(expect.objectContaining({ details: expect.objectContaining(wanted) as unknown }));
        expect(() => run(drive), `${call} once more`).not.toThrow();
      }
    });
  }

  it('of transfers are an answer where they are no failure, and thrown otherwise', () => {
    const answers = {
      ReadFile: [
        TapeStatus.ERROR_FILEMARK_DETECTED,
        TapeStatus.ERROR_SETMARK_DETECTED,
        TapeStatus.ERROR_NO_DATA_DETECTED,
        TapeStatus.ERROR_END_OF_MEDIA,
      ],
      WriteFile: [TapeStatus.ERROR_END_OF_MEDIA, TapeStatus.ERROR_EOM_OVERFLOW],
    } as const;
    for (const number of Object.values(TapeStatus).filter((value) => value !== 0)) {
      for (const call of ['ReadFile', 'WriteFile'] as const) {
        const { tape, drive } = opened();
        tape.failures.set(call, number);
        const transfer = () => (call === 'ReadFile' ? drive.read(block(0)) : drive.write(block(1)));
        if ((answers[call] as readonly number[]).includes(number)) expect(transfer(), call).toEqual({ bytes: 0, status: number });
        else
          expect(transfer, call).toThrow(
            expect.objectContaining({ details: expect.objectContaining({ status: number, call }) as unknown }),
          );
      }
    }
  });

  it('of others are errors of the device, and are kept', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0xffff_ffff }), (number) => {
        fc.pre(tapeStatusName(number) === undefined);
        const { tape, drive } = opened();
        tape.failures.set('WriteTapemark', number);
        expect(() => drive.writeTapemark(FILEMARKS, 1)).toThrow(code('TAPE_IO', { status: 1117, number, call: 'WriteTapemark' }));
        tape.failures.set('GetTapeStatus', number);
        expect(drive.getTapeStatus()).toBe(TapeStatus.ERROR_IO_DEVICE);
      }),
    );
  });

  it('of the state are an answer', () => {
    const { tape, drive } = opened();
    expect(drive.getTapeStatus()).toBe(TapeStatus.NO_ERROR);
    drive.prepareTape(TapePrepare.UNLOAD);
    expect(drive.getTapeStatus()).toBe(TapeStatus.ERROR_NO_MEDIA_IN_DRIVE);
    tape.failures.set('GetTapeStatus', TapeStatus.ERROR_DEVICE_REQUIRES_CLEANING);
    expect(drive.getTapeStatus()).toBe(TapeStatus.ERROR_DEVICE_REQUIRES_CLEANING);
  });

  it('are asked for where a call says no more than that it failed', () => {
    const { calls } = windowsWithTape();
    const drive = new WindowsTapeDrive(NAME, { ...calls, ReadFile: () => 0, WriteFile: () => 0, GetLastError: () => 0 }, 4, 'write');
    expect(() => drive.read(block(0))).toThrow(code('TAPE_IO', { call: 'ReadFile' }));
    expect(() => drive.write(block(0))).toThrow(code('TAPE_IO', { call: 'WriteFile' }));
  });

  it('are missing where a call did too little: that is an error too', () => {
    const { calls } = windowsWithTape();
    const drive = new WindowsTapeDrive(NAME, { ...calls, ReadFile: () => 1, WriteFile: () => 1 }, 4, 'write');
    expect(() => drive.read(block(0))).toThrow(code('TAPE_IO', { call: 'ReadFile', number: 0 }));
    expect(() => drive.write(block(0))).toThrow(code('TAPE_IO', { call: 'WriteFile', number: 0 }));
  });
});

describe('transfers', () => {
  it('count what was read before a mark, in the call that fails with it', () => {
    const { tape, drive } = opened();
    tape.medium!.partitions[0]!.entries.push(block(1), block(2), 'filemark', block(3), 'setmark');
    drive.setMediaParameters({ blockSize: 1024 });
    const into = new Uint8Array(4096);
    expect(drive.read(into)).toEqual({ bytes: 2048, status: TapeStatus.ERROR_FILEMARK_DETECTED });
    expect([into[0], into[1024], into[2048]]).toEqual([1, 2, 0]);
    expect(drive.getTapePosition(LOGICAL)).toEqual({ partition: 1, offset: 3 });
    expect(drive.read(into)).toEqual({ bytes: 1024, status: TapeStatus.ERROR_SETMARK_DETECTED });
    expect(drive.read(into)).toEqual({ bytes: 0, status: TapeStatus.ERROR_NO_DATA_DETECTED });
  });

  it('give what fits of a block that is larger, and say so', () => {
    const { tape, drive } = opened();
    tape.medium!.partitions[0]!.entries.push(block(7, 1000), block(8, 10));
    const into = new Uint8Array(600);
    expect(() => drive.read(into)).toThrow(code('TAPE_INVALID_BLOCK_LENGTH', { status: TapeStatus.ERROR_MORE_DATA }));
    expect(into).toEqual(block(7, 600));
    expect(drive.read(into)).toEqual({ bytes: 10, status: TapeStatus.NO_ERROR });
  });

  it('reach memory of any place and size', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20_000 }), fc.nat(5000), (data, shift) => {
        const { drive } = opened();
        const memory = new Uint8Array(data.length + shift);
        memory.set(data, shift);
        expect(drive.write(memory.subarray(shift)).bytes).toBe(data.length);
        drive.setTapePosition(REWIND, 0, 0);
        const into = new Uint8Array(data.length + 2 * shift + 1).fill(0xee);
        expect(drive.read(into.subarray(shift)).bytes).toBe(data.length);
        expect(into.subarray(shift, shift + data.length)).toEqual(data);
        expect(into.filter((_, at) => at < shift || at >= shift + data.length).every((byte) => byte === 0xee)).toBe(true);
      }),
    );
  });

  it('have the length of fixed blocks: what Windows calls a parameter or a buffer is a block length', () => {
    const { tape, drive } = opened();
    drive.setMediaParameters({ blockSize: 512 });
    expect(() => drive.write(block(1, 700))).toThrow(code('TAPE_INVALID_BLOCK_LENGTH', { call: 'WriteFile' }));
    expect(() => drive.read(block(1, 700))).toThrow(code('TAPE_INVALID_BLOCK_LENGTH', { call: 'ReadFile' }));
    tape.failures.set('WriteFile', 1784); // ERROR_INVALID_USER_BUFFER
    expect(() => drive.write(block(1, 700))).toThrow(code('TAPE_INVALID_BLOCK_LENGTH', { call: 'WriteFile' }));
    tape.failures.set('WriteFile', 87);
    expect(() => drive.write(block(1, 1024)), 'nothing is wrong with the length').toThrow(code('TAPE_INVALID_PARAMETER'));
    expect(drive.write(block(1, 1024))).toEqual({ bytes: 1024, status: TapeStatus.NO_ERROR });
  });

  it('reach the early warning with all their bytes, and the end with none', () => {
    const { drive } = opened('write', 0x2_0000);
    drive.setDriveParameters({ eotWarningZoneSize: 0x8000 });
    for (let i = 0; i < 3; i++) expect(drive.write(block(i, 0x8000)).status).toBe(TapeStatus.NO_ERROR);
    expect(drive.write(block(3, 0x4000))).toEqual({ bytes: 0x4000, status: TapeStatus.ERROR_END_OF_MEDIA });
    expect(drive.write(block(4, 0x8000))).toEqual({ bytes: 0, status: TapeStatus.ERROR_EOM_OVERFLOW });
    expect(() => drive.writeTapemark(FILEMARKS, 1)).toThrow(code('TAPE_END_OF_MEDIA'));
  });

  it('write nothing on a drive that is open for reading', () => {
    const { tape, drive } = opened('read');
    tape.medium!.partitions[0]!.entries.push(block(1), 'filemark');
    const refused = [
      () => drive.write(block(2)),
      () => drive.writeTapemark(FILEMARKS, 1),
      () => drive.eraseTape(TapeErase.LONG),
      () => drive.createTapePartition(TapePartitionMethod.SELECT, 2, 0),
      () => drive.prepareTape(TapePrepare.FORMAT),
    ];
    for (const call of refused) expect(call).toThrow(code('TAPE_WRITE_PROTECT'));
    expect(tape.medium!.partitions[0]!.entries).toHaveLength(2);
    drive.setDriveParameters({ reportSetmarks: false });
    expect(drive.read(block(0)).bytes).toBe(1024);
  });
});

describe('parameters', () => {
  it('have the features of the port, without the bit that is in each of Windows’', () => {
    const { drive } = opened();
    const { featuresLow, featuresHigh, maximumBlockSize, compression } = drive.getDriveParameters();
    expect(featuresHigh & FeaturesHigh.WRITE_FILEMARKS).not.toBe(0);
    expect(featuresHigh).toBeLessThan(0x8000_0000);
    expect(featuresHigh).toBeGreaterThan(0);
    expect(featuresLow & FeaturesLow.COMPRESSION).not.toBe(0);
    expect({ maximumBlockSize, compression }).toEqual({ maximumBlockSize: 0x4_0000, compression: true });
  });

  it('stay what they are when others are set', () => {
    const { tape, drive } = opened();
    drive.setDriveParameters({ compression: false });
    drive.setDriveParameters({ eotWarningZoneSize: 77 });
    expect(drive.getDriveParameters()).toMatchObject({ compression: false, reportSetmarks: true, eotWarningZoneSize: 77 });
    expect(tape.compression).toBe(false);
    expect(() => drive.setDriveParameters({ eotWarningZoneSize: -1 })).toThrow(code('TAPE_INVALID_PARAMETER'));
  });

  it('of the cartridge are told in bytes', () => {
    const { tape, drive } = opened();
    drive.write(block(1));
    tape.medium!.writeProtected = true;
    expect(drive.getMediaParameters()).toEqual({
      capacity: 0x40_0000,
      remaining: 0x40_0000 - 1024,
      blockSize: 0,
      partitionCount: 1,
      writeProtected: true,
    });
    for (const blockSize of [0x4_0001, -1, 1.5, 2 ** 32]) {
      expect(() => drive.setMediaParameters({ blockSize }), String(blockSize)).toThrow(code('TAPE_INVALID_BLOCK_LENGTH'));
    }
  });

  it('of 64 bits may be anything', () => {
    const { calls } = windowsWithTape();
    const of = (low: bigint) => {
      const GetTapeParameters: typeof calls.GetTapeParameters = (_handle, _operation, _size, into) => {
        new DataView(into.buffer, into.byteOffset).setBigInt64(0, low, true);
        return 0;
      };
      return new WindowsTapeDrive(NAME, { ...calls, GetTapeParameters }, 4, 'read').getMediaParameters().capacity;
    };
    expect([of(-1n), of(0n), of(18_000_000_000_000n)]).toEqual([0, 0, 18_000_000_000_000]);
  });
});

describe('positions', () => {
  it('are split into two DWORDs, with a sign', () => {
    const { calls } = windowsWithTape();
    const seen: unknown[] = [];
    const SetTapePosition: typeof calls.SetTapePosition = (...args) => (seen.push(args.slice(1)), 0);
    const drive = new WindowsTapeDrive(NAME, { ...calls, SetTapePosition }, 4, 'read');
    drive.setTapePosition(SPACE_RELATIVE_BLOCKS, 0, -1);
    drive.setTapePosition(LOGICAL_BLOCK, 2, 0x12_3456_789a);
    drive.setTapePosition(ABSOLUTE_BLOCK, 0, 0xffff_ffff, true);
    expect(seen).toEqual([
      [SPACE_RELATIVE_BLOCKS, 0, 0xffff_ffff, 0xffff_ffff, 0],
      [LOGICAL_BLOCK, 2, 0x3456_789a, 0x12, 0],
      [ABSOLUTE_BLOCK, 0, 0xffff_ffff, 0, 1],
    ]);
    for (const [partition, offset] of [
      [-1, 0],
      [0, 0.5],
      [2 ** 32, 0],
      [0, 2 ** 53],
    ] as const) {
      expect(() => drive.setTapePosition(LOGICAL_BLOCK, partition, offset)).toThrow(code('TAPE_INVALID_PARAMETER'));
    }
  });

  it('are put together from two DWORDs, as far as a number goes', () => {
    const { calls } = windowsWithTape();
    const at = (high: number, low: number) => {
      const GetTapePosition: typeof calls.GetTapePosition = (_handle, _type, partition, lowInto, highInto) => {
        for (const [into, value] of [
          [partition, 3],
          [lowInto, low],
          [highInto, high],
        ] as const)
          new DataView(into.buffer, into.byteOffset).setUint32(0, value, true);
        return 0;
      };
      return new WindowsTapeDrive(NAME, { ...calls, GetTapePosition }, 4, 'read').getTapePosition(TapePositionType.ABSOLUTE);
    };
    expect(at(1, 0xffff_fffe)).toEqual({ partition: 3, offset: 0x1_ffff_fffe });
    expect(() => at(0x8000_0000, 0)).toThrow(code('TAPE_UNSUPPORTED'));
  });

  it('lead to the beginning of a partition, which TAPE_REWIND knows nothing of', () => {
    const { tape, drive } = opened();
    drive.setTapePosition(REWIND, 1, 0);
    expect(() => drive.setTapePosition(REWIND, 2, 0)).toThrow(code('TAPE_DEVICE_NOT_PARTITIONED'));
    drive.createTapePartition(TapePartitionMethod.INITIATOR, 2, 1);
    expect(tape.medium!.partitions.map(({ capacity }) => capacity / 0x10_0000)).toEqual([3, 1]);
    drive.setTapePosition(REWIND, 2, 0);
    drive.write(block(1));
    expect(drive.getTapePosition(LOGICAL)).toEqual({ partition: 2, offset: 1 });
    drive.setTapePosition(REWIND, 0, 0);
    expect(drive.getTapePosition(LOGICAL)).toEqual({ partition: 2, offset: 0 });
    drive.setTapePosition(REWIND, 1, 0);
    expect(drive.getTapePosition(LOGICAL)).toEqual({ partition: 1, offset: 0 });
  });

  it('know marks in a row', () => {
    const { tape, drive } = opened();
    tape.medium!.partitions[0]!.entries.push(block(1), 'filemark', block(1), 'filemark', 'filemark', block(1));
    drive.setTapePosition(SPACE_SEQUENTIAL_FMKS, 0, 2);
    expect(drive.getTapePosition(LOGICAL).offset).toBe(5);
  });
});

it('operations that there are not are said to be none, before Windows is asked', () => {
  const { drive } = opened();
  const none = 99 as never;
  const calls = [
    () => drive.getTapePosition(none),
    () => drive.setTapePosition(none, 0, 0),
    () => drive.prepareTape(none),
    () => drive.eraseTape(none),
    () => drive.createTapePartition(none, 1, 0),
    () => drive.writeTapemark(none, 1),
  ];
  for (const call of calls) expect(call).toThrow(code('TAPE_UNSUPPORTED', { status: TapeStatus.ERROR_NOT_SUPPORTED }));
  expect(() => drive.getTapePosition(TapePositionType.PSEUDO_LOGICAL)).toThrow(code('TAPE_UNSUPPORTED'));
  drive.writeTapemark(SETMARKS, 2);
  expect(drive.getTapePosition(LOGICAL).offset).toBe(2);
});

it('another cartridge is met as Windows tells it', () => {
  const { tape, drive } = opened();
  tape.medium = undefined;
  expect(() => drive.read(block(0))).toThrow(code('TAPE_NO_MEDIA_IN_DRIVE'));
  tape.medium = newMedium(1000);
  tape.failures.set('ReadFile', TapeStatus.ERROR_MEDIA_CHANGED);
  expect(() => drive.read(block(0))).toThrow(code('TAPE_MEDIA_CHANGED'));
  expect(drive.read(block(0)).status).toBe(TapeStatus.ERROR_NO_DATA_DETECTED);
});
