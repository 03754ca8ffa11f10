export * from './extended-attributes.js';
export * from './extended-attributes.layout.js';
export * from './file-attributes.js';
export * from './file-entry.js';
export * from './file-times.js';
export * from './posix-forms.js';
export * from './reparse.js';
export * from './reparse.layout.js';
