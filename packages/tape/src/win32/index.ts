export { bindTapeCalls, type TapeCalls, type TapeCallsOptions, type TapeFunctions } from './ffi/tape-functions.js';
export { WindowsTapeDriver } from './windows-tape-driver.js';
