export { layouts } from './layouts.js';
export { MountedNtfsDriver } from './mounted/mounted-ntfs-driver.js';
export { FileSource, RawNtfsVolume, type BlockSource, type FileSourceOptions, type RawNtfsOptions } from './raw/index.js';
