import type { AnyStruct } from '@winback/core';
import {
  TapeCreatePartition,
  TapeErase,
  TapeGetDriveParameters,
  TapeGetMediaParameters,
  TapeGetPosition,
  TapePrepare,
  TapeSetDriveParameters,
  TapeSetMediaParameters,
  TapeSetPosition,
  TapeWriteMarks,
} from './tape.layout.js';

/** The structures of Windows' tape functions, and of the device controls (IOCTL_TAPE_*) that they become. */
export const windowsTapeLayouts: readonly AnyStruct[] = [
  TapeErase,
  TapePrepare,
  TapeWriteMarks,
  TapeGetPosition,
  TapeSetPosition,
  TapeGetDriveParameters,
  TapeSetDriveParameters,
  TapeGetMediaParameters,
  TapeSetMediaParameters,
  TapeCreatePartition,
];
