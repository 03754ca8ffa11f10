export * from './config.js';
export * from './create-container.js';
export { loadPlugins, resolvePlugins, type PluginUse } from './load-plugins.js';
export * from './plugin.js';
export * from './resolved-plugin.js';
