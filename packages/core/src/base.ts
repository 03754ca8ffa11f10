/**
 * What every part of Winback is built of: codecs, errors, ports and tokens, without the container and what it holds. A thread that
 * does one small thing loads this in a fraction of the time.
 */
export * from './binary/index.js';
export * from './checksum/index.js';
export * from './errors/index.js';
export { bind, lastErrno } from './ffi/load.js';
export * from './io/index.js';
export * from './ports/index.js';
export * from './token.js';
