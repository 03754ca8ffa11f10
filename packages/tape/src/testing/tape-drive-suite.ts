import { suite } from '@winback/core/testing';
import { blockCases } from './tape-block-cases.js';
import { mediaCases } from './tape-media-cases.js';
import { positionCases } from './tape-position-cases.js';

/**
 * What any tape drive must do. The cartridge is written over. Cases that a drive cannot run are left out by its own parameters:
 * see `tapeDriveCapabilities`.
 */
export const tapeDriveSuite = suite('tape drive', [...blockCases, ...positionCases, ...mediaCases]);
