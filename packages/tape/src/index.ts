export * from './mtf/index.js';
