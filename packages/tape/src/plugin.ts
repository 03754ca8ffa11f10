import { BACKUP_TARGET_DRIVER, definePlugin, Lifecycle, PLATFORM, PLUGIN_API, RANDOM } from '@winback/core';
import { TAPE_CHANGER_DRIVER, TAPE_DRIVER } from './api/index.js';
import { IscsiChangerDriver, IscsiTapeDriver } from './iscsi/index.js';
import { ImageChangerDriver, ImageTapeDriver } from './image/index.js';
import { LinuxChangerDriver, LinuxTapeDriver } from './linux/index.js';
import { MtfTargetDriver } from './mtf/mtf-driver.js';
import { MtfTapeDriver } from './mtf/tape/mtf-tape-driver.js';
import { WindowsTapeDriver } from './win32/index.js';

export default definePlugin({
  name: '@winback/tape',
  api: PLUGIN_API,
  register(container) {
    container.register(BACKUP_TARGET_DRIVER, { useClass: MtfTargetDriver }, { lifecycle: Lifecycle.Singleton });
    container.register(BACKUP_TARGET_DRIVER, { useFactory: (c) => new MtfTapeDriver(c) });
    container.register(TAPE_DRIVER, { useFactory: (c) => new ImageTapeDriver(c.resolve(RANDOM)) });
    container.register(TAPE_DRIVER, { useFactory: (c) => new WindowsTapeDriver(c.resolve(PLATFORM)) });
    container.register(TAPE_DRIVER, { useFactory: (c) => new LinuxTapeDriver(c.resolve(PLATFORM)) });
    container.register(TAPE_DRIVER, { useClass: IscsiTapeDriver }, { lifecycle: Lifecycle.Singleton });
    container.register(TAPE_CHANGER_DRIVER, { useFactory: (c) => new ImageChangerDriver(c.resolve(RANDOM)) });
    container.register(TAPE_CHANGER_DRIVER, { useFactory: (c) => new LinuxChangerDriver(c.resolve(PLATFORM)) });
    container.register(TAPE_CHANGER_DRIVER, { useClass: IscsiChangerDriver }, { lifecycle: Lifecycle.Singleton });
  },
});
