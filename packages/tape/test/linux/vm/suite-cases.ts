import assert from 'node:assert/strict';
import { TapePartitionMethod, type TapeDrive, type TapeDriveParameters } from '../../../src/api/index.js';
import {
  ALL_HARNESS_CAPABILITIES,
  tapeDriveCapabilities,
  tapeDriveSuite,
  type TapeDriveCapability,
  type TapeHarnessCapability,
} from '../../../src/testing/index.js';
import { SkipCase, type StCase } from './case.js';
import { open, SCSI_DEBUG, TGT, type StDrive } from './drives.js';

const SMALL: TapeDriveCapability = 'small-cartridge';
/** A second partition so large that scsi_debug has 1000 blocks left for the first. */
const SECOND_MB = 9000;
/** The machine is slow, and its drive counts blocks, not bytes. */
const SMALL_BLOCK = 2048;

const parameters = new Map<string, TapeDriveParameters>();

/** What a drive can, asked once. */
function parametersOf(drive: StDrive): TapeDriveParameters {
  const known = parameters.get(drive.path);
  if (known !== undefined) return known;
  using opened = open(drive);
  const found = opened.getDriveParameters();
  parameters.set(drive.path, found);
  return found;
}

/** Runs one case of the suite on a drive that is opened for it. */
function runOn(
  drive: StDrive,
  testCase: (typeof tapeDriveSuite.cases)[number],
  besides: readonly TapeHarnessCapability[],
  largestBlock = drive.largestBlock,
): Promise<void> | void {
  const wrong = drive.wrong[testCase.name];
  if (wrong !== undefined) throw new SkipCase(`${drive.path} ${wrong}`);
  const capabilities = new Set(tapeDriveCapabilities(parametersOf(drive), besides, drive.without));
  let opened: TapeDrive | undefined;
  try {
    const missing = (testCase.needs ?? []).filter((need) => !capabilities.has(need));
    if (missing.length > 0) throw new SkipCase(`${drive.path} has no ${missing.join(', ')}`);
    const reopen = (): TapeDrive => {
      opened?.[Symbol.dispose]();
      return (opened = open(drive));
    };
    const done = testCase.run({ capabilities, drive: reopen(), largestBlock, reopen });
    if (done) throw new TypeError('cases of drives are synchronous');
  } finally {
    opened?.[Symbol.dispose]();
  }
}

const besides = ALL_HARNESS_CAPABILITIES;
const isSmall = ({ needs }: (typeof tapeDriveSuite.cases)[number]): boolean => needs?.includes(SMALL) === true;

/** The end is reached on a partition that is small. */
function onSmallPartition(testCase: (typeof tapeDriveSuite.cases)[number]): void {
  {
    using drive = open(SCSI_DEBUG);
    drive.createTapePartition(TapePartitionMethod.INITIATOR, 2, SECOND_MB);
    assert.equal(drive.getMediaParameters().partitionCount, 2);
  }
  try {
    void runOn(SCSI_DEBUG, testCase, [...besides, 'small-cartridge'], SMALL_BLOCK);
  } finally {
    using drive = open(SCSI_DEBUG);
    drive.createTapePartition(TapePartitionMethod.INITIATOR, 1, 0);
  }
}

/** What any drive must do, done by those of the machine. */
export const suiteCases: readonly StCase[] = [
  ...tapeDriveSuite.cases.map((testCase) => ({
    name: `scsi_debug: ${testCase.name}`,
    run: () => (isSmall(testCase) ? onSmallPartition(testCase) : runOn(SCSI_DEBUG, testCase, besides)),
  })),
  ...tapeDriveSuite.cases
    .filter((testCase) => !isSmall(testCase))
    .map((testCase) => ({ name: `tgt: ${testCase.name}`, run: () => runOn(TGT, testCase, besides) })),
];
