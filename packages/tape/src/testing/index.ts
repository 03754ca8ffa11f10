export * from './tape-capabilities.js';
export { type TapeDriveCase, type TapeDriveHarness } from './tape-case.js';
export { tapeDriveSuite } from './tape-drive-suite.js';
