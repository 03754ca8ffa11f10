import { describe, it } from 'vitest';
import { runSuite } from '@winback/core/testing';
import { ALL_HARNESS_CAPABILITIES, tapeDriveCapabilities, tapeDriveSuite, type TapeDriveHarness } from '@winback/tape/testing';
import { NAME, windowsWithTape } from './stand-in/index.js';

/** A drive of Windows over the stand-in for Windows' functions. */
function harness(): TapeDriveHarness & { readonly capabilities: ReadonlySet<ReturnType<typeof tapeDriveCapabilities>[number]> } {
  const { driver } = windowsWithTape(8 * 0x10_0000);
  let drive = driver.open(NAME, { mode: 'write' });
  return {
    get drive() {
      return drive;
    },
    capabilities: new Set(tapeDriveCapabilities(drive.getDriveParameters(), [...ALL_HARNESS_CAPABILITIES, 'small-cartridge'])),
    reopen() {
      drive[Symbol.dispose]();
      drive = driver.open(NAME, { mode: 'write' });
      return drive;
    },
    dispose: () => drive[Symbol.dispose](),
  };
}

runSuite({ describe, it }, tapeDriveSuite, 'windows, over a stand-in', [...harness().capabilities], harness);
