export * from './portable/index.js';
export * from './volume.js';
