import { isWinbackError } from '@winback/core';
import fc from 'fast-check';
import type { TapeDrive } from '../../src/index.js';

export type Step = (drive: TapeDrive) => unknown;
const memory = new Uint8Array(400_000);

const sizes = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 300 }) },
  fc.constantFrom(64, 512, 32_767, 32_768, 65_536, 270_000),
);
const write = fc
  .tuple(sizes, fc.nat(255))
  .map(([size, seed]): [string, Step] => [
    `write ${size}`,
    (drive) => ({ ...drive.write(Uint8Array.from({ length: size }, (_, i) => (i + seed) & 0xff)) }),
  ]);
const read = fc.constantFrom(0, 1, 100, 300, 512, 1024, 400_000).map((size): [string, Step] => [
  `read ${size}`,
  (drive) => {
    const { bytes, status } = drive.read(memory.subarray(0, size));
    return [status, Buffer.from(memory.subarray(0, bytes)).toString('base64')];
  },
]);
const mark = fc
  .tuple(fc.integer({ min: 0, max: 4 }), fc.nat(3), fc.boolean())
  .map(([type, count, immediate]): [string, Step] => [
    `mark ${type} ${count}`,
    (drive) => drive.writeTapemark(type as 0, count, immediate),
  ]);
const position = fc
  .tuple(fc.integer({ min: 0, max: 10 }), fc.constantFrom(0, 0, 0, 1, 2, 3), fc.integer({ min: -6, max: 12 }))
  .map(([method, partition, offset]): [string, Step] => [
    `position ${method} ${partition} ${offset}`,
    (drive) => drive.setTapePosition(method as 0, partition, offset),
  ]);
const tell = fc.integer({ min: 0, max: 3 }).map((type): [string, Step] => [`tell ${type}`, (drive) => drive.getTapePosition(type as 0)]);
const rare = fc.constantFrom<[string, Step]>(
  ['erase short', (drive) => drive.eraseTape(0)],
  ['erase long', (drive) => drive.eraseTape(1)],
  ['fixed blocks', (drive) => drive.setMediaParameters({ blockSize: 512 })],
  ['blocks of any size', (drive) => drive.setMediaParameters({ blockSize: 0 })],
  ['two partitions', (drive) => drive.createTapePartition(1, 2, 0)],
  ['two partitions of a size', (drive) => drive.createTapePartition(2, 2, 3)],
  ['one partition', (drive) => drive.createTapePartition(0, 1, 0)],
  ['format', (drive) => drive.prepareTape(5)],
  ['unload', (drive) => drive.prepareTape(1)],
  ['load', (drive) => drive.prepareTape(0)],
  ['setmarks off', (drive) => drive.setDriveParameters({ reportSetmarks: false })],
  ['setmarks on', (drive) => drive.setDriveParameters({ reportSetmarks: true })],
  ['status', (drive) => drive.getTapeStatus()],
  ['media', (drive) => ({ ...drive.getMediaParameters(), capacity: 0, remaining: 0 })],
);
/** Calls of a drive, each with its name. */
export const step = fc.oneof(
  { weight: 6, arbitrary: write },
  { weight: 6, arbitrary: position },
  { weight: 5, arbitrary: read },
  { weight: 3, arbitrary: mark },
  { weight: 2, arbitrary: tell },
  { weight: 1, arbitrary: rare },
  { weight: 1, arbitrary: fc.constant<[string, Step]>(['reopen', () => undefined]) },
);

/** What a call answers: its result, or the status of its error. */
export function answer(drive: TapeDrive, run: Step): unknown {
  try {
    return run(drive);
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    return error.details['status'];
  }
}
