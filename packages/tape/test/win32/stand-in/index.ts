import type { Platform } from '@winback/core';
import { WindowsTapeDriver } from '../../../src/index.js';
import { standInCalls } from './kernel32.js';
import { newMedium, WindowsTape } from './windows-tape.js';

export { newMedium } from './windows-tape.js';

export const WINDOWS: Platform = {
  os: 'win32',
  arch: 'x64',
  release: '10.0.20348',
  hostName: 'SERVER',
  userName: 'Administrator',
  userId: undefined,
};

export const NAME = String.raw`\\.\TAPE0`;
const MEGABYTE = 0x10_0000;

/** A Windows with one tape drive, and a cartridge of 4 MiB in it. */
export function windowsWithTape(capacity = 4 * MEGABYTE) {
  const tape = new WindowsTape(newMedium(capacity));
  const calls = standInCalls(new Map([[NAME, tape]]));
  return { tape, calls, driver: new WindowsTapeDriver(WINDOWS, () => calls) };
}
