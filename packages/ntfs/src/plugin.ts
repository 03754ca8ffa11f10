import { all, definePlugin, PLATFORM, PLUGIN_API, RANDOM, RAW_ENCRYPTION, REGISTRY_STORE, VOLUME_DRIVER } from '@winback/core';
import { MountedNtfsDriver } from './mounted/mounted-ntfs-driver.js';
import { WindowsRegistryStore } from './win32/registry/windows-registry-store.js';
import { Win32VolumeDriver } from './win32/win32-volume-driver.js';

export default definePlugin({
  name: '@winback/ntfs',
  api: PLUGIN_API,
  register(container) {
    container.register(VOLUME_DRIVER, { useFactory: (c) => new MountedNtfsDriver(c.resolve(PLATFORM), c.resolve(RANDOM)) });
    container.register(VOLUME_DRIVER, {
      useFactory: (c) => new Win32VolumeDriver(c.resolve(PLATFORM), c.resolve(RANDOM), undefined, all(c, RAW_ENCRYPTION)[0]),
    });
    if (container.resolve(PLATFORM).os === 'win32') container.register(REGISTRY_STORE, { useFactory: () => new WindowsRegistryStore() });
  },
});
