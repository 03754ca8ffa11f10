export { layouts } from './layouts.js';
export { MountedNtfsDriver } from './mounted/mounted-ntfs-driver.js';
export { FileSource, RawNtfsVolume, type BlockSource, type FileSourceOptions, type RawNtfsOptions } from './raw/index.js';
export { WindowsRegistryStore, type WindowsRegistryOptions } from './win32/registry/windows-registry-store.js';
export { bindWin32, type Win32, type Win32Options } from './win32/ffi/win32.js';
export { Win32VolumeDriver } from './win32/win32-volume-driver.js';
