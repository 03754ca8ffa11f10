export * from './codes.js';
export * from './errno.js';
export * from './families.js';
export * from './winback-error.js';
export * from './wire-error.js';
