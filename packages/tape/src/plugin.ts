import { BACKUP_TARGET_DRIVER, definePlugin, Lifecycle, PLUGIN_API } from '@winback/core';
import { MtfTargetDriver } from './mtf/mtf-driver.js';

export default definePlugin({
  name: '@winback/tape',
  api: PLUGIN_API,
  register(container) {
    container.register(BACKUP_TARGET_DRIVER, { useClass: MtfTargetDriver }, { lifecycle: Lifecycle.Singleton });
  },
});
