export * from './backup-target.js';
export * from './catalog.js';
