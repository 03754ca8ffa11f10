import { ALL_HARNESS_CAPABILITIES, tapeDriveCapabilities, tapeDriveSuite, type TapeHarnessCapability } from '@winback/tape/testing';
import type { TapeDrive } from '../../../src/index.js';
import { SkipCase, type WindowsCase, type WineLack } from '../case.js';

interface Opening {
  readonly label: string;
  /** Opens the drive, which nobody has open. */
  readonly open: () => TapeDrive;
  /** Called before each case. */
  readonly prepare?: () => void;
  readonly besides?: readonly TapeHarnessCapability[];
  readonly wineLacks?: Readonly<Record<string, WineLack>>;
}

/** The contract of every tape drive as cases. */
export function suiteCases({ label, open, prepare, besides = [], wineLacks = {} }: Opening): WindowsCase[] {
  return tapeDriveSuite.cases.map(({ name, needs = [], run }) => ({
    name: `${label}: ${name}`,
    wineLacks: wineLacks[name],
    async run() {
      prepare?.();
      let drive = open();
      try {
        const capabilities = new Set(tapeDriveCapabilities(drive.getDriveParameters(), [...ALL_HARNESS_CAPABILITIES, ...besides]));
        const missing = needs.filter((need) => !capabilities.has(need));
        if (missing.length > 0) throw new SkipCase(`the drive has no ${missing.join(', ')}`);
        await run({
          get drive() {
            return drive;
          },
          capabilities,
          reopen() {
            drive[Symbol.dispose]();
            drive = open();
            return drive;
          },
        });
      } finally {
        drive[Symbol.dispose]();
      }
    },
  }));
}
