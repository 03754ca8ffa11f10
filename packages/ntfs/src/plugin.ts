import { definePlugin, PLUGIN_API } from '@winback/core';

export default definePlugin({
  name: '@winback/ntfs',
  api: PLUGIN_API,
  register() {
    // drivers follow
  },
});
