export * from './boot-sector.layout.js';
export * from './file-record.layout.js';
export * from './index.layout.js';
export * from './log-file.layout.js';
export * from './security.layout.js';
export * from './values.layout.js';
