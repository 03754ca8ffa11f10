import { createContainer, loadPlugins } from '@winback/core';
import { PlatformError } from '@winback/core/errors';
import { REGISTRY_STORE, type RegistryStore } from '@winback/core/registry';
import { pluginsFor } from './builtin-plugins.js';
import type { Io } from './io.js';
import type { CommonOptions } from './session.js';

/** The registry of this system, as a plugin serves it. @throws PLATFORM_UNSUPPORTED, PLUGIN_* */
export async function systemRegistry(io: Io, options: CommonOptions): Promise<RegistryStore> {
  const container = createContainer(await loadPlugins(pluginsFor(io, options)));
  if (container.isRegistered(REGISTRY_STORE)) return container.resolve(REGISTRY_STORE);
  throw new PlatformError('no loaded plugin serves the registry of this system', {}, { hint: 'a hive file can be named with --hive FILE' });
}
