import type { AnyStruct } from '@winback/core';
import { ScsiSenseC, ScsiTask } from './ffi/libiscsi.layout.js';

/** The structures of libiscsi that are read. */
export const iscsiLayouts: readonly AnyStruct[] = [ScsiSenseC, ScsiTask];
