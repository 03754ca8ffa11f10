export { bindTapeCalls, type TapeCalls, type TapeCallsOptions, type TapeFunctions } from './ffi/tape-functions.js';
export { windowsTapeLayouts } from './layouts/index.js';
export { WindowsTapeDriver } from './windows-tape-driver.js';
