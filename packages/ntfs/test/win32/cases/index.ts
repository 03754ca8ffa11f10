import type { WindowsCase } from '../case.js';
import { nodeCases } from './node.cases.js';

/** Every case, in the order in which they run. */
export const windowsCases: readonly WindowsCase[] = [...nodeCases];
