import { expect, it } from 'vitest';
import { TapePrepare, TapeStatus } from '../../src/index.js';
import { FaultyTapeDrive, type TapeFault } from '../../src/testing/index.js';
import { ModelDrive } from './support/model-drive.js';

const faulty = (...faults: TapeFault[]): FaultyTapeDrive => new FaultyTapeDrive(new ModelDrive(), faults);
const block = new Uint8Array(10);
const code = (expected: string): Error => expect.objectContaining({ code: expected }) as Error;

it('fails the call that it is told to fail, once', () => {
  const drive = faulty({ kind: 'media-error', call: 'write', at: 2 });
  drive.write(block);
  expect(() => drive.write(block)).toThrow(code('TAPE_IO'));
  drive.write(block);
  expect(drive.getTapePosition(1).offset).toBe(2);
  expect(drive.happened).toBe(1);
});

it('ends the medium, and warns of it before', () => {
  const drive = faulty({ kind: 'early-warning', at: 2 }, { kind: 'end-of-medium', at: 4 });
  const statuses = Array.from({ length: 5 }, () => drive.write(block).status);
  const { NO_ERROR, ERROR_END_OF_MEDIA: warning, ERROR_EOM_OVERFLOW: end } = TapeStatus;
  expect(statuses).toEqual([NO_ERROR, warning, warning, end, end]);
  expect(() => drive.writeTapemark(1, 1)).toThrow(code('TAPE_EOM_OVERFLOW'));
  drive.writeTapemark(1, 0);
  expect(drive.getTapePosition(1).offset).toBe(3);
});

it('loses the position with a reset of the bus', () => {
  const drive = faulty({ kind: 'bus-reset', call: 'write', at: 2 });
  drive.write(block);
  expect(() => drive.write(block)).toThrow(code('TAPE_BUS_RESET'));
  expect(drive.getTapePosition(1).offset).toBe(0);
});

it('has no cartridge until one is loaded again', () => {
  const drive = faulty({ kind: 'media-removed', call: 'write', at: 1 });
  expect(() => drive.write(block)).toThrow(code('TAPE_NO_MEDIA_IN_DRIVE'));
  expect(() => drive.read(block)).toThrow(code('TAPE_NO_MEDIA_IN_DRIVE'));
  expect(drive.getTapeStatus()).toBe(TapeStatus.ERROR_NO_MEDIA_IN_DRIVE);
  drive.prepareTape(TapePrepare.LOAD);
  drive.write(block);
});

it('reads a block of the wrong length, and stands behind it', () => {
  const drive = faulty({ kind: 'wrong-block-length', call: 'read', at: 1 });
  drive.write(block);
  drive.setTapePosition(0, 0, 0);
  expect(() => drive.read(block)).toThrow(code('TAPE_INVALID_BLOCK_LENGTH'));
  expect(drive.getTapePosition(1).offset).toBe(1);
});

it('takes its time', () => {
  const drive = faulty({ kind: 'slow', call: 'write', at: 1, milliseconds: 30 });
  const before = performance.now();
  drive.write(block);
  expect(performance.now() - before).toBeGreaterThan(25);
});
