export * from './tape-capabilities.js';
export { type TapeDriveCase, type TapeDriveHarness } from './tape-case.js';
export { tapeDriveSuite } from './tape-drive-suite.js';
export { FaultyTapeDrive, type TapeCall, type TapeFault, type TapeFaultKind } from './faulty-drive.js';
export { noTgt, Tgt, type TgtUser } from './tgt.js';
