import type { AnyStruct } from '@winback/core';
import { cartridgeLayouts } from './image/cartridge.layout.js';
import { simhLayouts } from './image/simh.layout.js';
import { layouts as mtfLayouts } from './mtf/layout/index.js';
import { iscsiLayouts } from './iscsi/layouts.js';
import { linuxTapeLayouts } from './linux/layouts.js';
import { scsiLayouts } from './scsi/layouts.js';
import { windowsTapeLayouts } from './win32/layouts/index.js';

/** Every structure table of this package. */
export const layouts: readonly AnyStruct[] = [
  ...mtfLayouts,
  ...cartridgeLayouts,
  ...simhLayouts,
  ...windowsTapeLayouts,
  ...linuxTapeLayouts,
  ...scsiLayouts,
  ...iscsiLayouts,
];
