import { runSuite } from '@winback/core/testing';
import { describe, it } from 'vitest';
import { tapeDriveCapabilities, tapeDriveSuite, type TapeHarnessCapability } from '../../src/testing/index.js';
import { ModelDrive } from './support/model-drive.js';

// The model that drives are compared with, and the suite that they must pass, say the same.
for (const [label, limits] of [
  ['the model', { setmarks: true, partitions: true }],
  ['the model of a plain drive', { setmarks: false, partitions: false }],
] as const) {
  const besides: TapeHarnessCapability[] = ['overwrite', 'end-of-data-status', 'space-status'];
  const capabilities = tapeDriveCapabilities(new ModelDrive(limits).getDriveParameters(), besides);
  runSuite({ describe, it }, tapeDriveSuite, label, capabilities, () => ({
    drive: new ModelDrive(limits),
    capabilities: new Set(capabilities),
  }));
}
