import { definePlugin, PLATFORM, PLUGIN_API, RANDOM, VOLUME_DRIVER } from '@winback/core';
import { MountedNtfsDriver } from './mounted/mounted-ntfs-driver.js';

export default definePlugin({
  name: '@winback/ntfs',
  api: PLUGIN_API,
  register(container) {
    container.register(VOLUME_DRIVER, { useFactory: (c) => new MountedNtfsDriver(c.resolve(PLATFORM), c.resolve(RANDOM)) });
  },
});
