export * from './backup-stream.js';
export * from './fact-collector.js';
export * from './fact-streams.js';
export * from './memory-streams.js';
export * from './stream-id.layout.js';
