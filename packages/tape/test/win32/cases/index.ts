import type { WindowsCase } from '../case.js';
import { deviceCases } from './device.cases.js';
import { mockCases } from './mock.cases.js';
import { threadCases } from './thread.cases.js';

/** Every case, in the order in which they run. */
export const windowsCases: readonly WindowsCase[] = [...mockCases, ...deviceCases, ...threadCases];
