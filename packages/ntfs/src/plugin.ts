import { definePlugin, PLATFORM, PLUGIN_API, RANDOM, VOLUME_DRIVER } from '@winback/core';
import { MountedNtfsDriver } from './mounted/mounted-ntfs-driver.js';
import { Win32VolumeDriver } from './win32/win32-volume-driver.js';

export default definePlugin({
  name: '@winback/ntfs',
  api: PLUGIN_API,
  register(container) {
    container.register(VOLUME_DRIVER, { useFactory: (c) => new MountedNtfsDriver(c.resolve(PLATFORM), c.resolve(RANDOM)) });
    container.register(VOLUME_DRIVER, { useFactory: (c) => new Win32VolumeDriver(c.resolve(PLATFORM), c.resolve(RANDOM)) });
  },
});
