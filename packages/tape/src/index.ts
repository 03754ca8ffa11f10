export * from './api/index.js';
export * from './mtf/index.js';
export { layouts } from './layouts.js';
export * from './win32/index.js';
