import type { AnyStruct } from '@winback/core';
import { layouts as mtfLayouts } from './mtf/layout/index.js';
import { iscsiLayouts } from './iscsi/layouts.js';
import { scsiLayouts } from './scsi/layouts.js';
import { windowsTapeLayouts } from './win32/layouts/index.js';

/** Every structure table of this package. */
export const layouts: readonly AnyStruct[] = [...mtfLayouts, ...windowsTapeLayouts, ...scsiLayouts, ...iscsiLayouts];
