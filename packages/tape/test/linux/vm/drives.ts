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
}

const memory = new Map<number, Uint8Array>();

/** The kernel's scsi_debug: keeps four bytes of each block. */
export const SCSI_DEBUG: StDrive = { path: '/dev/nst0', wrap: (drive) => new WholeBlocks(drive, memory), without: [] };

/**
 * tgt's: data behind the end of the data is read as a block, moving over blocks does not stop at marks, and not exactly where it should, and
 * the cartridge stays in when it is unloaded.
 */
export const TGT: StDrive = {
  path: '/dev/nst1',
  wrap: (drive) => drive,
  without: ['overwrite', 'end-of-data-status', 'space-status', 'reverse', 'load-unload'],
};

export const driver = new LinuxTapeDriver(systemPlatform());

export const open = (drive: StDrive, mode: 'read' | 'write' = 'write'): TapeDrive => drive.wrap(driver.open(drive.path, { mode }));
