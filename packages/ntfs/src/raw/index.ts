export { FileSource, type BlockSource, type FileSourceOptions } from './block-source.js';
export { RawNode } from './raw-node.js';
export { RawNtfsVolume, type RawNtfsOptions } from './raw-volume.js';
