import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';
import { findConfig, readConfig, resolvePlugins, type ResolvedPlugin } from '@winback/core';
import type { Io } from './io.js';
import type { CommonOptions } from './session.js';

/** What the program comes with. A configuration adds to it. */
const BUILT_IN = ['@winback/core/plugin', '@winback/tape/plugin', '@winback/vss/plugin'];

/** The plugins of this run: the built-in ones, then those of the configuration. @throws CONFIG_INVALID, PLUGIN_NOT_FOUND */
export function pluginsFor(io: Io, options: CommonOptions): ResolvedPlugin[] {
  const builtIn = resolvePlugins(
    BUILT_IN.map((specifier) => ({ specifier })),
    fileURLToPath(import.meta.url),
  );
  const config = options.config === undefined ? findConfig(io.cwd) : readConfig(resolve(io.cwd, options.config));
  return config ? [...builtIn, ...resolvePlugins(config.plugins, config.file)] : builtIn;
}
