export * from './registry-store.js';
