export * from './tape-constants.js';
export * from './tape-drive.js';
export * from './tape-parameters.js';
export * from './tape-status.js';
