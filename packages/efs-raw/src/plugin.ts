import { CLOCK, definePlugin, FILE_HANDLER, PLUGIN_API } from '@winback/core';
import { EfsFileHandler } from './handler/efs-file-handler.js';

const NANOSECONDS = 1_000_000n;

export default definePlugin({
  name: '@winback/efs-raw',
  api: PLUGIN_API,
  register(container) {
    container.register(FILE_HANDLER, {
      useFactory: (c) => new EfsFileHandler(() => Number(c.resolve(CLOCK).now() / NANOSECONDS)),
    });
  },
});
