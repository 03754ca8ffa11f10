export * from './cancellation.js';
export * from './clock.js';
export * from './file-lock.js';
export * from './logger.js';
export * from './platform.js';
export * from './progress.js';
export * from './random.js';
export * from './raw-encryption.js';
