import type { AnyStruct } from '@winback/core';
import * as cdb from './cdb.layout.js';
import * as drive from './drive-data.layout.js';
import * as element from './element.layout.js';
import * as mode from './mode.layout.js';
import * as sense from './sense.layout.js';

/** Every structure of SCSI's stream and changer commands. */
export const scsiLayouts: readonly AnyStruct[] = [cdb, sense, drive, mode, element].flatMap((tables) => Object.values<AnyStruct>(tables));
