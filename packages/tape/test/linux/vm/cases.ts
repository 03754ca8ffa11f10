import type { StCase } from './case.js';
import { driverCases } from './driver-cases.js';
import { jobCases } from './job-cases.js';
import { libraryCases } from './library-cases.js';
import { suiteCases } from './suite-cases.js';
import { toolCases } from './tool-cases.js';

/** All cases, in the order in which they run. */
export const stCases: readonly StCase[] = [...driverCases, ...toolCases, ...libraryCases, ...jobCases, ...suiteCases];
