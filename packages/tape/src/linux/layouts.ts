import type { AnyStruct } from '@winback/core';
import { Mtget, Mtop, Mtpos, SgIoHeader } from './mtio.layout.js';

/** The structures of Linux' tape driver. */
export const linuxTapeLayouts: readonly AnyStruct[] = [Mtop, Mtget, Mtpos, SgIoHeader];
