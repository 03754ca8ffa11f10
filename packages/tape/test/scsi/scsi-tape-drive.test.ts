import { isWinbackError, type WinbackError } from '@winback/core';
import { describe, expect, it } from 'vitest';
import {
  ScsiChanger,
  ScsiTapeDrive,
  tapeError,
  TapemarkType,
  TapePositionMethod,
  TapePositionType,
  TapePrepare,
  TapeStatus,
} from '../../src/index.js';
import { MemorySsc, type MemorySscOptions } from './support/memory-ssc.js';

const make = (options: MemorySscOptions = {}, mode: 'read' | 'write' = 'write') => {
  const memory = new MemorySsc(options);
  return { memory, drive: ScsiTapeDrive.open(memory, { mode }) };
};
const rewind = (drive: ScsiTapeDrive): void => drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
function failure(action: () => unknown): WinbackError {
  try {
    action();
  } catch (error) {
    if (isWinbackError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
const RESET = { key: 6, asc: 0x29 };
const CHANGED = { key: 6, asc: 0x28 };
const HARMLESS = { key: 6, asc: 0x2a, ascq: 1 };

describe('opening', () => {
  it('refuses what is no tape drive, and closes it', () => {
    const memory = new MemorySsc({ deviceType: 0 });
    expect(failure(() => ScsiTapeDrive.open(memory, { mode: 'write' })).code).toBe('TAPE_NOT_FOUND');
    expect(memory.closed).toBe(true);
    expect(failure(() => ScsiChanger.open(new MemorySsc())).code).toBe('TAPE_NOT_FOUND');
  });

  it('keeps others away until it is closed, and is kept away by them', () => {
    const { memory, drive } = make();
    expect(memory.reserved).toBe(true);
    drive[Symbol.dispose]();
    expect([memory.reserved, memory.closed]).toEqual([false, true]);
    const taken = new MemorySsc();
    taken.reservedByOther = true;
    expect(failure(() => ScsiTapeDrive.open(taken, { mode: 'read' })).code).toBe('TAPE_LOCKED');
  });

  it('hears what happened before, and tells nobody', () => {
    const memory = new MemorySsc();
    memory.pending.push(RESET, CHANGED);
    expect(ScsiTapeDrive.open(memory, { mode: 'write' }).getTapeStatus()).toBe(TapeStatus.NO_ERROR);
  });

  it('works without a cartridge', () => {
    const memory = new MemorySsc();
    memory.loaded = false;
    const drive = ScsiTapeDrive.open(memory, { mode: 'write' });
    expect(drive.getTapeStatus()).toBe(TapeStatus.ERROR_NO_MEDIA_IN_DRIVE);
    expect(drive.getDriveParameters().maximumBlockSize).toBe(1024 * 1024);
    expect(failure(() => drive.getMediaParameters()).code).toBe('TAPE_NO_MEDIA_IN_DRIVE');
    expect(failure(() => drive.write(new Uint8Array(512))).code).toBe('TAPE_NO_MEDIA_IN_DRIVE');
  });
});

describe('what a drive tells in between', () => {
  it('is told to the next call, whichever it is, and nothing is carried out', () => {
    for (const call of ['write', 'getDriveParameters', 'getMediaParameters', 'setTapePosition'] as const) {
      const { memory, drive } = make();
      memory.pending.push(CHANGED);
      const calls = {
        write: () => drive.write(new Uint8Array(512)),
        getDriveParameters: () => drive.getDriveParameters(),
        getMediaParameters: () => drive.getMediaParameters(),
        setTapePosition: () => drive.setTapePosition(TapePositionMethod.SPACE_FILEMARKS, 0, 1),
      };
      expect(failure(calls[call]).code, call).toBe('TAPE_MEDIA_CHANGED');
      expect(memory.partitions[0]!.objects).toEqual([]);
      if (call === 'write') expect(drive.write(new Uint8Array(512)).bytes).toBe(512);
    }
  });

  it('is passed over when it is about neither the cartridge nor the position', () => {
    const { memory, drive } = make();
    memory.pending.push(HARMLESS);
    expect(drive.write(new Uint8Array(512))).toEqual({ bytes: 512, status: TapeStatus.NO_ERROR });
  });

  it('does not end in a loop', () => {
    const { memory, drive } = make();
    for (let i = 0; i < 100; i++) memory.pending.push(HARMLESS);
    expect(isWinbackError(failure(() => rewind(drive)))).toBe(true);
    expect(memory.pending.length).toBeGreaterThan(80);
  });

  it('is a status for whoever asks for one, a reset and a lost connection as well', () => {
    const { memory, drive } = make();
    memory.pending.push(CHANGED, RESET);
    expect(drive.getTapeStatus()).toBe(TapeStatus.ERROR_MEDIA_CHANGED);
    expect(drive.getTapeStatus()).toBe(TapeStatus.ERROR_BUS_RESET);
    memory.failure = tapeError(TapeStatus.ERROR_BUS_RESET, 'memory', 'sending a command');
    expect(drive.getTapeStatus()).toBe(TapeStatus.ERROR_BUS_RESET);
    expect(drive.getTapeStatus()).toBe(TapeStatus.NO_ERROR);
  });

  it('makes the drive reserved again, for a reset forgets that', () => {
    const { memory, drive } = make();
    memory.pending.push(RESET);
    memory.reserved = false;
    expect(failure(() => drive.write(new Uint8Array(512))).code).toBe('TAPE_BUS_RESET');
    rewind(drive);
    expect(memory.reserved).toBe(true);
    memory.pending.push(RESET);
    expect(failure(() => rewind(drive)).code).toBe('TAPE_BUS_RESET');
    memory.reservedByOther = true;
    expect(failure(() => drive.write(new Uint8Array(512))).code).toBe('TAPE_LOCKED');
  });

  it('of an earlier command is an error of this one, which was not carried out', () => {
    const { memory, drive } = make();
    rewind(drive);
    const deferred = { key: 3, asc: 0x0c, deferred: true };
    drive.write(new Uint8Array(512));
    memory.pending.push(deferred);
    expect(failure(() => drive.write(new Uint8Array(512)))).toMatchObject({
      code: 'TAPE_IO',
      details: { senseKey: 3, asc: 0x0c, deferred: true },
    });
    expect(memory.partitions[0]!.objects).toHaveLength(1);
  });

  it('about an early warning for an earlier block makes this one be sent again', () => {
    const { memory, drive } = make();
    rewind(drive);
    drive.write(new Uint8Array(512));
    memory.pending.push({ key: 0, ascq: 2, eom: true, deferred: true });
    expect(drive.write(new Uint8Array(512)).bytes).toBe(512);
    expect(memory.partitions[0]!.objects).toHaveLength(2);
  });
});

describe('transfers', () => {
  it('are refused where the block size is none of the drive', () => {
    const { drive } = make({ maximumBlock: 4096 });
    expect(failure(() => drive.write(new Uint8Array(4097))).code).toBe('TAPE_INVALID_BLOCK_LENGTH');
    expect(failure(() => drive.write(new Uint8Array(0))).code).toBe('TAPE_INVALID_BLOCK_LENGTH');
    drive.write(new Uint8Array(4096).fill(1));
    rewind(drive);
    // memory for more than the largest block is asked for no more than that
    expect(drive.read(new Uint8Array(1 << 25))).toEqual({ bytes: 4096, status: TapeStatus.NO_ERROR });
  });

  it('of fixed blocks are cut into commands, and end at a mark and at the end', () => {
    const { memory, drive } = make({ capacity: 4 * 1024 * 1024 });
    drive.setMediaParameters({ blockSize: 1000 });
    const data = Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 7);
    const before = memory.commands.length;
    expect(drive.write(data)).toEqual({ bytes: 3_000_000, status: TapeStatus.NO_ERROR });
    expect(memory.commands.slice(before).filter((code) => code === 0x0a)).toHaveLength(3);
    drive.writeTapemark(TapemarkType.FILEMARKS, 1);
    expect(drive.write(data)).toEqual({ bytes: 1_194_000, status: TapeStatus.ERROR_EOM_OVERFLOW });
    rewind(drive);
    const memoryFor = new Uint8Array(4_000_000);
    expect(drive.read(memoryFor)).toEqual({ bytes: 3_000_000, status: TapeStatus.ERROR_FILEMARK_DETECTED });
    expect(Buffer.from(memoryFor.subarray(0, 3_000_000)).equals(data)).toBe(true);
    expect(drive.read(memoryFor)).toEqual({ bytes: 1_194_000, status: TapeStatus.ERROR_NO_DATA_DETECTED });
  });

  it('are buffered by the drive once a block size is set', () => {
    const { memory, drive } = make();
    expect(memory.bufferedMode).toBe(0);
    drive.setMediaParameters({ blockSize: 0 });
    expect(memory.bufferedMode).toBe(1);
  });

  it('do not touch a cartridge that is protected, or opened for reading', () => {
    const protectedOne = make();
    protectedOne.memory.writeProtected = true;
    expect(failure(() => protectedOne.drive.write(new Uint8Array(512))).code).toBe('TAPE_WRITE_PROTECT');
    expect(protectedOne.drive.getMediaParameters().writeProtected).toBe(true);
    const { memory, drive } = make({ maximumPartitions: 2 }, 'read');
    memory.partitions[0]!.objects.push(Uint8Array.of(1, 2, 3));
    memory.commands.length = 0;
    for (const action of [
      () => drive.write(new Uint8Array(512)),
      () => drive.writeTapemark(TapemarkType.FILEMARKS, 0),
      () => drive.eraseTape(0),
      () => drive.createTapePartition(0, 1, 0),
      () => drive.prepareTape(TapePrepare.FORMAT),
    ]) {
      expect(failure(action).code).toBe('TAPE_WRITE_PROTECT');
    }
    expect(memory.commands.filter((code) => [0x04, 0x0a, 0x10, 0x15, 0x19].includes(code))).toEqual([]);
    expect(drive.read(new Uint8Array(512)).bytes).toBe(3);
  });
});

describe('positions', () => {
  it('are refused when they are no numbers', () => {
    const { drive } = make();
    for (const offset of [-1, 0.5, NaN, Infinity, 2 ** 60]) {
      expect(failure(() => drive.setTapePosition(TapePositionMethod.LOGICAL_BLOCK, 0, offset)).code).toBe('TAPE_INVALID_PARAMETER');
    }
    expect(failure(() => drive.setTapePosition(TapePositionMethod.SPACE_FILEMARKS, 0, NaN)).code).toBe('TAPE_INVALID_PARAMETER');
    expect(failure(() => drive.writeTapemark(TapemarkType.FILEMARKS, 2 ** 24)).code).toBe('TAPE_INVALID_PARAMETER');
    expect(failure(() => drive.setTapePosition(TapePositionMethod.LOGICAL_BLOCK, 2, 0)).code).toBe('TAPE_DEVICE_NOT_PARTITIONED');
  });

  it('beyond 32 bits are asked for with sixteen bytes', () => {
    const { memory, drive } = make();
    expect(failure(() => drive.setTapePosition(TapePositionMethod.LOGICAL_BLOCK, 0, 2 ** 33)).code).toBe('TAPE_NO_DATA_DETECTED');
    expect(memory.commands.at(-1)).toBe(0x92);
    expect(failure(() => drive.setTapePosition(TapePositionMethod.SPACE_RELATIVE_BLOCKS, 0, 2 ** 33)).code).toBe('TAPE_NO_DATA_DETECTED');
    expect(memory.commands.at(-1)).toBe(0x91);
    expect(drive.getTapePosition(TapePositionType.LOGICAL)).toEqual({ partition: 1, offset: 0 });
  });
});

it('a locked cartridge is not unloaded', () => {
  const { drive } = make();
  drive.prepareTape(TapePrepare.LOCK);
  expect(failure(() => drive.prepareTape(TapePrepare.UNLOAD)).code).toBe('TAPE_UNABLE_TO_UNLOAD_MEDIA');
  drive.prepareTape(TapePrepare.UNLOCK);
  drive.prepareTape(TapePrepare.UNLOAD);
  expect(drive.getTapeStatus()).toBe(TapeStatus.ERROR_NO_MEDIA_IN_DRIVE);
  drive.prepareTape(TapePrepare.LOAD);
  expect(drive.getTapeStatus()).toBe(TapeStatus.ERROR_MEDIA_CHANGED);
  expect(drive.getTapeStatus()).toBe(TapeStatus.NO_ERROR);
});
