import { runSuite } from '@winback/core/testing';
import { describe, it } from 'vitest';
import { ScsiTapeDrive } from '../../src/index.js';
import { ALL_HARNESS_CAPABILITIES, tapeDriveCapabilities, tapeDriveSuite } from '../../src/testing/index.js';
import { MemorySsc, type MemorySscOptions } from './support/memory-ssc.js';

const MIB = 1024 * 1024;
const DRIVES: Readonly<Record<string, MemorySscOptions>> = {
  'a drive with everything': { maximumPartitions: 4, setmarks: true, capacity: 8 * MIB, earlyWarning: MIB },
  'a drive of SCSI-2, which lists no commands': { listsCommands: false, hasAttributes: false, setmarks: true },
  'sense data in descriptors': { senseFormat: 'descriptor', maximumPartitions: 2, capacity: 8 * MIB, earlyWarning: MIB },
};

for (const [name, options] of Object.entries(DRIVES)) {
  const harness = () => {
    const memory = new MemorySsc(options);
    const open = (): ScsiTapeDrive => ScsiTapeDrive.open(memory, { mode: 'write' });
    const drive = open();
    const small = options.capacity === undefined ? [] : (['small-cartridge'] as const);
    const capabilities = new Set(tapeDriveCapabilities(drive.getDriveParameters(), [...ALL_HARNESS_CAPABILITIES, ...small]));
    return { drive, capabilities, reopen: open };
  };
  runSuite({ describe, it }, tapeDriveSuite, `${name}, in memory`, [...harness().capabilities], harness);
}
