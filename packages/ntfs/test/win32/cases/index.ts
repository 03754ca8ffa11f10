import type { WindowsCase } from '../case.js';
import { callCases } from './calls.cases.js';
import { nodeCases } from './node.cases.js';

/** Every case, in the order in which they run. */
export const windowsCases: readonly WindowsCase[] = [...nodeCases, ...callCases];
