export { layouts } from './layouts.js';
export { MountedNtfsDriver } from './mounted/mounted-ntfs-driver.js';
