import assert from 'node:assert/strict';
import { isWinbackError, systemPlatform } from '@winback/core';
import {
  TapeErase,
  TapemarkType,
  TapePartitionMethod,
  TapePositionMethod,
  TapePositionType,
  TapePrepare,
  TapeStatus,
  tapeStatusName,
  WindowsTapeDriver,
  type TapeDrive,
} from '../../../src/index.js';
import { SkipCase, type WindowsCase, type WineLack } from '../case.js';

const { ABSOLUTE_BLOCK, LOGICAL_BLOCK, REWIND, SPACE_END_OF_DATA, SPACE_FILEMARKS, SPACE_RELATIVE_BLOCKS } = TapePositionMethod;
const INVALID_PARAMETER = /^\S+ \w+: .*\(ERROR_INVALID_PARAMETER\)$/;

/** A case with the drive open, and at the beginning of a tape that nothing is on. */
const onDevice = (name: string, run: (drive: TapeDrive) => void, wineLacks?: WineLack): WindowsCase => ({
  name: `Wine's TAPE0: ${name}`,
  wineLacks,
  run() {
    const missing = process.env['WINBACK_NO_TAPE'];
    if (missing !== undefined) throw new SkipCase(missing);
    using drive = new WindowsTapeDriver(systemPlatform()).open('TAPE0', { mode: 'write' });
    drive.setTapePosition(REWIND, 0, 0);
    drive.eraseTape(TapeErase.SHORT);
    run(drive);
  },
});

const block = (seed: number): Uint8Array => Uint8Array.from({ length: 1000 + seed }, (_, i) => i * seed);
const move = (drive: TapeDrive, method: number, count: number): void => drive.setTapePosition(method as 0, 0, count);

function write(drive: TapeDrive, ...seeds: readonly number[]): void {
  for (const seed of seeds) {
    if (seed === 0) drive.writeTapemark(TapemarkType.FILEMARKS, 1);
    else assert.deepEqual(drive.write(block(seed)), { bytes: 1000 + seed, status: TapeStatus.NO_ERROR });
  }
}
function reads(drive: TapeDrive, ...seeds: readonly number[]): void {
  for (const seed of seeds) {
    const into = new Uint8Array(5000);
    const { bytes, status } = drive.read(into);
    assert.equal(tapeStatusName(status), 'NO_ERROR');
    assert.ok(Buffer.from(into.subarray(0, bytes)).equals(block(seed)), `block ${seed}`);
  }
}

/** Wine's own kernel32.dll, over faketape.c as a drive of Linux: what it can, and just how it fails at what it cannot. */
export const deviceCases: readonly WindowsCase[] = [
  onDevice('is there, and TAPE1 is not', (drive) => {
    assert.equal(drive.name, String.raw`\\.\TAPE0`);
    assert.throws(
      () => new WindowsTapeDriver(systemPlatform()).open('TAPE1', { mode: 'read' }),
      (error) => isWinbackError(error, 'TAPE_NOT_FOUND'),
    );
  }),
  onDevice('writes blocks and reads them', (drive) => {
    write(drive, 1, 2, 3);
    move(drive, REWIND, 0);
    reads(drive, 1, 2, 3);
  }),
  onDevice('writes filemarks, and moves over them in both directions', (drive) => {
    write(drive, 1, 2, 0, 3, 0, 0, 4, 0);
    move(drive, REWIND, 0);
    move(drive, SPACE_FILEMARKS, 1);
    reads(drive, 3);
    move(drive, SPACE_FILEMARKS, 2);
    reads(drive, 4);
    move(drive, SPACE_FILEMARKS, -3);
    move(drive, SPACE_FILEMARKS, 1);
    reads(drive, 3);
  }),
  onDevice('writes on behind the end of data', (drive) => {
    write(drive, 1, 0);
    move(drive, REWIND, 0);
    move(drive, SPACE_END_OF_DATA, 0);
    write(drive, 2);
    move(drive, REWIND, 0);
    move(drive, SPACE_FILEMARKS, 1);
    reads(drive, 2);
  }),
  onDevice('goes to a block by its absolute address', (drive) => {
    write(drive, 1, 2, 3);
    move(drive, ABSOLUTE_BLOCK, 1);
    reads(drive, 2, 3);
  }),
  onDevice('takes what it is set to', (drive) => {
    drive.setMediaParameters({ blockSize: 0 });
    drive.setDriveParameters({ compression: false });
    drive.prepareTape(TapePrepare.TENSION);
    assert.equal(drive.getMediaParameters().writeProtected, false);
  }),
  onDevice(
    'stops reading at a filemark',
    (drive) => {
      write(drive, 1, 0, 2);
      move(drive, REWIND, 0);
      reads(drive, 1);
      assert.equal(drive.read(new Uint8Array(5000)).status, TapeStatus.ERROR_FILEMARK_DETECTED);
    },
    { error: /ReadFile answered with too little, and no error: .*\(ERROR_IO_DEVICE\)$/, because: 'ReadFile answers TRUE and 0 bytes' },
  ),
  onDevice(
    'meets the end of data',
    (drive) => {
      write(drive, 1);
      assert.equal(drive.read(new Uint8Array(5000)).status, TapeStatus.ERROR_NO_DATA_DETECTED);
    },
    { error: /ReadFile: .*\(ERROR_NOT_READY\)$/, because: 'EIO of Linux becomes ERROR_NOT_READY' },
  ),
  onDevice(
    'says that a block is larger than the memory for it',
    (drive) => {
      write(drive, 1);
      move(drive, REWIND, 0);
      assert.throws(
        () => drive.read(new Uint8Array(100)),
        (error) => {
          if (isWinbackError(error, 'TAPE_INVALID_BLOCK_LENGTH')) return true;
          throw error;
        },
      );
    },
    { error: /ReadFile answered with Windows' error 31:/, because: 'ENOMEM of Linux becomes ERROR_GEN_FAILURE' },
  ),
  onDevice('goes to a logical block', (drive) => move(drive, LOGICAL_BLOCK, 0), {
    error: INVALID_PARAMETER,
    because: 'there is no logical positioning',
  }),
  onDevice(
    'moves over blocks',
    (drive) => {
      write(drive, 1, 2);
      move(drive, SPACE_RELATIVE_BLOCKS, -1);
      reads(drive, 2);
    },
    { error: INVALID_PARAMETER, because: 'there is no moving over blocks' },
  ),
  onDevice('tells its absolute position', (drive) => void drive.getTapePosition(TapePositionType.ABSOLUTE), {
    error: INVALID_PARAMETER,
    because: 'there is no absolute position to be asked for',
  }),
  onDevice(
    'counts blocks and marks alike',
    (drive) => {
      write(drive, 1, 2, 0);
      assert.equal(drive.getTapePosition(TapePositionType.LOGICAL).offset, 3, 'position');
    },
    { error: /^position\b[^]*\b0 !== 3/, because: 'blocks are counted from the last filemark' },
  ),
  onDevice('divides the cartridge', (drive) => drive.createTapePartition(TapePartitionMethod.SELECT, 2, 0), {
    error: INVALID_PARAMETER,
    because: 'there are no partitions',
  }),
  onDevice(
    'says that it is ready',
    (drive) => assert.equal(drive.getTapeStatus(), TapeStatus.NO_ERROR, `status ${drive.getTapeStatus()}`),
    {
      error: /^status [1-9]/,
      because: 'the status is made of other bits',
    },
  ),
  onDevice('tells what it can', (drive) => assert.notEqual(drive.getDriveParameters().featuresLow, 0, 'no features'), {
    error: /^no features\b/,
    because: 'features and block sizes are 0',
  }),
];
