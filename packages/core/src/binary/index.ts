export * from './bits.js';
export * from './codec.js';
export * from './fields.js';
export * from './markdown.js';
export * from './numbers.js';
export * from './record.js';
export * from './struct.js';
