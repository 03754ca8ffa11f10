import type { AnyStruct } from '@winback/core';
import * as cdb from './cdb.layout.js';
import * as drive from './drive-data.layout.js';
import * as element from './element.layout.js';
import * as mode from './mode.layout.js';
import * as sense from './sense.layout.js';

/** In one order: that in which a module's namespace has its names is not the same everywhere. */
const byName = (tables: Readonly<Record<string, AnyStruct>>): readonly AnyStruct[] =>
  Object.entries(tables)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, table]) => table);

/** Every structure of SCSI's stream and changer commands. */
export const scsiLayouts: readonly AnyStruct[] = [cdb, sense, drive, mode, element].flatMap(byName);
