export * from './backup-target-suite.js';
export * from './mounted-image.js';
export * from './registry-store-suite.js';
export * from './snapshot-provider-suite.js';
export * from './struct-suite.js';
export * from './suite.js';
export * from './volume-suite.js';
export * from './volume-tools.js';
