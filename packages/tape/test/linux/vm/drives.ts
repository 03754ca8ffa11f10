import { systemPlatform } from '@winback/core';
import type { TapeDrive } from '../../../src/api/index.js';
import { LinuxTapeDriver } from '../../../src/linux/index.js';
import type { TapeDriveCapability } from '../../../src/testing/index.js';
import { WholeBlocks } from './whole-blocks.js';

/** A drive of the machine, and what it is known to get wrong. */
export interface StDrive {
  readonly path: string;
  readonly wrap: (drive: TapeDrive) => TapeDrive;
  readonly without: readonly TapeDriveCapability[];
  /** Cases that it fails by what it does itself, with that. */
  readonly wrong: Readonly<Record<string, string>>;
  readonly largestBlock: number;
}

const memory = new Map<number, Uint8Array>();

/** The kernel's scsi_debug: keeps four bytes of each block. */
export const SCSI_DEBUG: StDrive = {
  path: '/dev/nst0',
  wrap: (drive) => new WholeBlocks(drive, memory),
  without: [],
  wrong: {},
  largestBlock: 65_536,
};

/** tgt's. */
export const TGT: StDrive = {
  path: '/dev/nst1',
  wrap: (drive) => drive,
  // what was overwritten comes again behind what was written; moving tells little, and back not exactly where it ends
  without: ['overwrite', 'space-status', 'reverse', 'load-unload'],
  wrong: {
    'reads and writes blocks of one size, several at a time': 'says at the end of the data that the medium is bad, with blocks of one size',
    'says that a block has another size than the one that is set': 'says that the medium is bad then',
    'stops behind a filemark when moving over blocks': 'does not stop there',
    'winds the tape for tension, and stands at its beginning then': 'stays where it is',
  },
  // larger blocks with an odd number of bytes come back with other bytes in them
  largestBlock: 32_768,
};

export const driver = new LinuxTapeDriver(systemPlatform());

export const open = (drive: StDrive, mode: 'read' | 'write' = 'write'): TapeDrive => drive.wrap(driver.open(drive.path, { mode }));
