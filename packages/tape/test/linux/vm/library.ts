import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { systemPlatform } from '@winback/core';
import type { TapeChanger } from '../../../src/api/index.js';
import { LinuxChangerDriver } from '../../../src/linux/index.js';

/** The drive of the library: see scripts/tape-vm/drives.sh. */
export const LIBRARY_DRIVE = '/dev/nst2';
/** Where its cartridges are files. */
const FOLDER = '/tmp/winback-library';
/** Type of a changer in sysfs. */
const CHANGER = '8';
export const changers = new LinuxChangerDriver(systemPlatform());

export function changerPath(): string {
  const generic = '/sys/class/scsi_generic';
  const name = readdirSync(generic).find((one) => readFileSync(`${generic}/${one}/device/type`, 'latin1').trim() === CHANGER);
  assert.ok(name, 'no changer in this machine');
  return `/dev/${name}`;
}

/** What is where, as we are told: `drive: 1, 2: 2`. */
export const places = (changer: TapeChanger): string =>
  changer
    .elements()
    .filter(({ kind, full }) => kind !== 'transfer' && full)
    .map(({ kind, address, volumeTag }) => `${kind === 'drive' ? 'drive' : String(address - 1023)}: ${String(Number(volumeTag))}`)
    .join(', ');

/** Makes all cartridges anew, of 2 MB, as tgt cannot erase; they must be in their slots. */
export function blankCartridges(): void {
  for (const number of [1, 2, 3, 4]) {
    const code = String(number).padStart(8, '0');
    const file = `${FOLDER}/${code}`;
    rmSync(file);
    execFileSync('tgtimg', ['--op', 'new', '--device-type', 'tape', '--barcode', code, '--size', '2', '--type', 'data', '--file', file]);
  }
}
