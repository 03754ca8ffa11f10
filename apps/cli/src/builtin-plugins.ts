import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';
import { findConfig, readConfig, resolvePlugins, type ResolvedPlugin } from '@winback/core';
import type { Io } from './io.js';
import type { CommonOptions } from './session.js';

/** What the program comes with; the compiler sees to it that they are there. */
interface BuiltIn {
  '@winback/core/plugin': typeof import('@winback/core/plugin');
  '@winback/efs-raw/plugin': typeof import('@winback/efs-raw/plugin');
  '@winback/ntfs/plugin': typeof import('@winback/ntfs/plugin');
  '@winback/tape/plugin': typeof import('@winback/tape/plugin');
  '@winback/vss/plugin': typeof import('@winback/vss/plugin');
}

/** Loaded by name, here and in a job's thread. A configuration adds to them. */
const BUILT_IN: readonly (keyof BuiltIn)[] = [
  '@winback/core/plugin',
  '@winback/efs-raw/plugin',
  '@winback/ntfs/plugin',
  '@winback/tape/plugin',
  '@winback/vss/plugin',
];

/** The plugins of this run: the built-in ones, then those of the configuration. @throws CONFIG_INVALID, PLUGIN_NOT_FOUND */
export function pluginsFor(io: Io, options: CommonOptions): ResolvedPlugin[] {
  const builtIn = resolvePlugins(
    BUILT_IN.map((specifier) => ({ specifier })),
    fileURLToPath(import.meta.url),
  );
  const config = options.config === undefined ? findConfig(io.cwd) : readConfig(resolve(io.cwd, options.config));
  return config ? [...builtIn, ...resolvePlugins(config.plugins, config.file)] : builtIn;
}
