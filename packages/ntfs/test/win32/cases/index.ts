import type { WindowsCase } from '../case.js';
import { callCases } from './calls.cases.js';
import { encryptedCases } from './encrypted.cases.js';
import { nodeCases } from './node.cases.js';
import { readingCases } from './reading.cases.js';
import { recoveryCases } from './recovery.cases.js';
import { registryRightsCases } from './registry-rights.cases.js';
import { registrySuiteCases } from './registry-suite.cases.js';
import { registryCases } from './registry.cases.js';
import { volumeCases } from './volume.cases.js';

/** Every case, in the order in which they run. */
export const windowsCases: readonly WindowsCase[] = [
  ...nodeCases,
  ...callCases,
  ...volumeCases,
  ...readingCases,
  ...recoveryCases,
  ...encryptedCases,
  ...registrySuiteCases,
  ...registryCases,
  ...registryRightsCases,
];
