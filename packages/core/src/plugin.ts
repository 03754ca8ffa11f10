import { definePlugin, PLUGIN_API } from './plugin/plugin.js';
import { PLATFORM } from './ports/platform.js';
import { RANDOM } from './ports/random.js';
import { FileRegistryStore, registryFilesOf, REGISTRY_STORE } from './registry/index.js';
import { PortableVolumeDriver } from './volume/portable/index.js';
import { VOLUME_DRIVER } from './volume/volume.js';

/** What core itself serves: the mounted volumes of a Linux system, and a registry where the system has none. */
export default definePlugin({
  name: '@winback/core',
  api: PLUGIN_API,
  register(container) {
    container.register(VOLUME_DRIVER, { useFactory: (c) => new PortableVolumeDriver(c.resolve(PLATFORM), c.resolve(RANDOM)) });
    if (container.resolve(PLATFORM).os === 'win32') return;
    container.register(REGISTRY_STORE, {
      useFactory: (c) => new FileRegistryStore(registryFilesOf(c.resolve(PLATFORM).userId, process.env)),
    });
  },
});
