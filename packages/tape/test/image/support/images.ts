import { systemRandom } from '@winback/core';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { ImageTapeDriver, TapePositionMethod, TapeStatus, type ImageDrive, type TapeDrive } from '../../../src/index.js';

export const driver = new ImageTapeDriver(systemRandom);

const folder = mkdtempSync(join(tmpdir(), 'winback-tape-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** A path that nothing stands at. */
export const newPath = (name: string): string => join(folder, `${++count} ${name}`);

export const open = (address: string): ImageDrive => driver.open(address, { mode: 'write', create: true });

const rewind = (drive: TapeDrive): void => drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);

/** All of the current partition: blocks as their bytes in hex, marks as their names. Ends with what ended it. */
export function contents(drive: TapeDrive, memory = new Uint8Array(1 << 20)): string[] {
  rewind(drive);
  const all: string[] = [];
  for (;;) {
    const { bytes, status } = drive.read(memory);
    if (status === TapeStatus.NO_ERROR) all.push(Buffer.from(memory.subarray(0, bytes)).toString('hex'));
    else if (status === TapeStatus.ERROR_FILEMARK_DETECTED) all.push('filemark');
    else if (status === TapeStatus.ERROR_SETMARK_DETECTED) all.push('setmark');
    else return all;
  }
}
