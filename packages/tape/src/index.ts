export * from './api/index.js';
export * from './mtf/index.js';
