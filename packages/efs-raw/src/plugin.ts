import { CLOCK, definePlugin, FILE_HANDLER, PLATFORM, PLUGIN_API, RAW_ENCRYPTION } from '@winback/core';
import { EfsFileHandler } from './handler/efs-file-handler.js';
import { WindowsRawEncryption } from './win32/windows-raw-encryption.js';

const NANOSECONDS = 1_000_000n;

export default definePlugin({
  name: '@winback/efs-raw',
  api: PLUGIN_API,
  register(container) {
    container.register(FILE_HANDLER, {
      useFactory: (c) => new EfsFileHandler(() => Number(c.resolve(CLOCK).now() / NANOSECONDS)),
    });
    container.register(RAW_ENCRYPTION, { useFactory: (c) => new WindowsRawEncryption(c.resolve(PLATFORM)) });
  },
});
