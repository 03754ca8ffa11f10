export { FileSource, type BlockSource, type FileSourceOptions } from './block-source.js';
export { RawNtfsVolume, type RawNtfsOptions } from './raw-volume.js';
