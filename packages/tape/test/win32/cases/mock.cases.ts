import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { isWinbackError, systemPlatform } from '@winback/core';
import type Koffi from 'koffi';
import {
  bindTapeCalls,
  TapeErase,
  TapemarkType,
  TapePositionMethod,
  TapePositionType,
  TapePrepare,
  TapeStatus,
  WindowsTapeDriver,
  type TapeDrive,
} from '../../../src/index.js';
import { SkipCase, type WindowsCase } from '../case.js';
import { suiteCases } from './suite-case.js';

const NAME = String.raw`\\.\TAPE0`;
const CAPACITY = 0x80_0000;
const { FILEMARKS } = TapemarkType;

interface Mock {
  readonly driver: WindowsTapeDriver;
  readonly cartridge: (capacity: number, writeProtected: number) => void;
  readonly fail: (error: number) => void;
  readonly immediate: () => number;
}
let bound: Mock | undefined;

/** Windows' functions out of tapemock.dll. */
function mock(): Mock {
  const dll = process.env['WINBACK_DLL_TAPEMOCK'];
  if (dll === undefined) throw new SkipCase('needs tapemock.dll in the place of kernel32.dll');
  const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
  const library = koffi.load(dll);
  bound ??= {
    driver: new WindowsTapeDriver(systemPlatform(), () => bindTapeCalls({ dll })),
    cartridge: library.func('void __stdcall MockCartridge(uint64_t, int)') as Mock['cartridge'],
    fail: library.func('void __stdcall MockFail(uint32_t)') as Mock['fail'],
    immediate: library.func('int __stdcall MockImmediate()') as Mock['immediate'],
  };
  return bound;
}

const withDrive = (name: string, run: (drive: TapeDrive, mock: Mock) => void, mode: 'read' | 'write' = 'write'): WindowsCase => ({
  name: `tapemock.dll: ${name}`,
  run() {
    const found = mock();
    found.cartridge(CAPACITY, 0);
    using drive = found.driver.open(NAME, { mode });
    run(drive, found);
  },
});

/** Real calls through koffi, into a DLL of the same functions. */
export const mockCases: readonly WindowsCase[] = [
  ...suiteCases({
    label: 'tapemock.dll',
    open: () => mock().driver.open(NAME, { mode: 'write' }),
    prepare: () => mock().cartridge(CAPACITY, 0),
    besides: ['small-cartridge'],
  }),
  withDrive('every number comes through, those that are returned and those of GetLastError', (drive, { fail }) => {
    const numbers = Object.values(TapeStatus).filter((number) => number !== 0);
    const calls: readonly [string, () => unknown][] = [
      ['GetTapeParameters', () => drive.getDriveParameters()],
      ['GetTapePosition', () => drive.getTapePosition(TapePositionType.LOGICAL)],
      ['SetTapePosition', () => drive.setTapePosition(TapePositionMethod.REWIND, 0, 0)],
      ['PrepareTape', () => drive.prepareTape(TapePrepare.LOAD)],
      ['EraseTape', () => drive.eraseTape(TapeErase.SHORT)],
      ['CreateTapePartition', () => drive.createTapePartition(1, 1, 0)],
      ['WriteTapemark', () => drive.writeTapemark(FILEMARKS, 1)],
      ['ReadFile', () => answered(drive.read(new Uint8Array(512)))],
      ['WriteFile', () => answered(drive.write(new Uint8Array(512)))],
    ];
    for (const number of [...numbers, 31_337, 0xffff_ffff]) {
      const status = (numbers as readonly number[]).includes(number) ? number : TapeStatus.ERROR_IO_DEVICE;
      for (const [call, run] of calls) {
        fail(number);
        assert.throws(run, (error) => {
          const found = isWinbackError(error) ? error.details : error;
          assert.equal((found as { status: number }).status, status, `${call}, ${number}: ${String(error)}`);
          return true;
        });
      }
      fail(number);
      assert.equal(drive.getTapeStatus(), status);
    }
  }),
  withDrive('the others are told whether to wait', (drive, { immediate }) => {
    const calls: readonly ((now: boolean) => void)[] = [
      (now) => drive.setTapePosition(TapePositionMethod.REWIND, 0, 0, now),
      (now) => drive.prepareTape(TapePrepare.TENSION, now),
      (now) => drive.eraseTape(TapeErase.LONG, now),
      (now) => drive.writeTapemark(FILEMARKS, 1, now),
    ];
    for (const call of calls) {
      for (const now of [true, false]) {
        call(now);
        assert.equal(immediate() !== 0, now, String(call));
      }
    }
  }),
  withDrive('positions have 64 bits', (drive) => {
    drive.write(new Uint8Array(100));
    const { offset } = drive.getTapePosition(TapePositionType.ABSOLUTE);
    assert.equal(offset, 0x10_0000_0001);
    drive.setTapePosition(TapePositionMethod.ABSOLUTE_BLOCK, 0, offset - 1);
    assert.equal(drive.getTapePosition(TapePositionType.LOGICAL).offset, 0);
  }),
  withDrive('memory may stand anywhere', (drive) => {
    const memory = Uint8Array.from({ length: 70_000 }, (_, i) => i * 7);
    for (const from of [0, 1, 3, 8, 511, 4097]) drive.write(memory.subarray(from, from + 60_000));
    drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    for (const from of [0, 1, 3, 8, 511, 4097]) {
      const into = new Uint8Array(70_000).fill(0xee);
      assert.equal(drive.read(into.subarray(from, from + 60_001)).bytes, 60_000);
      assert.ok(Buffer.from(into.subarray(from, from + 60_000)).equals(memory.subarray(from, from + 60_000)));
      assert.ok(into.every((byte, at) => byte === 0xee || (at >= from && at < from + 60_000)));
    }
  }),
  withDrive('a drive is open once', (drive, { driver }) => {
    assert.equal(drive.name, NAME);
    assert.throws(
      () => driver.open('tape0', { mode: 'read' }),
      (error) => isWinbackError(error, 'TAPE_LOCKED'),
    );
    assert.throws(
      () => driver.open('tape1', { mode: 'read' }),
      (error) => isWinbackError(error, 'TAPE_NOT_FOUND'),
    );
  }),
  withDrive('a cartridge may be write-protected', (drive, { cartridge }) => {
    cartridge(CAPACITY, 1);
    assert.equal(drive.getMediaParameters().writeProtected, true);
    assert.throws(
      () => drive.write(new Uint8Array(10)),
      (error) => isWinbackError(error, 'TAPE_WRITE_PROTECT'),
    );
  }),
];

/** An answer of a transfer as what is thrown elsewhere. */
function answered({ status }: { readonly status: number }): never {
  throw Object.assign(new Error('an answer'), { status });
}
