export * from './file/file-registry-store.js';
export * from './memory-registry-store.js';
export * from './registry-name.js';
export * from './registry-store.js';
export * from './root-keys.js';
export * from './value-data.js';
