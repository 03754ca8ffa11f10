export * from './snapshot-provider-suite.js';
export * from './suite.js';
