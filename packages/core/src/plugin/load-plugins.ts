import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { moduleResolve } from 'import-meta-resolve';
import { PluginError } from '../errors/index.js';
import type { PluginReference } from './config.js';
import { PLUGIN_API, type WinbackPlugin } from './plugin.js';
import type { ResolvedPlugin } from './resolved-plugin.js';

/** A plugin, or a plugin with its options. */
export type PluginUse = WinbackPlugin | readonly [plugin: WinbackPlugin, options: unknown];

/** What `import` from an installed package would choose. */
const CONDITIONS = new Set(['node', 'import', 'module-sync', 'default']);
// Sources run unbuilt (tests, development) load the sources of their neighbours.
if (import.meta.url.endsWith('.ts')) CONDITIONS.add('@winback/source');

/**
 * Finds the modules of plugins, as `import` in `namedBy` would, and loads none of them. Nothing is searched for: only what is named is found.
 * @param namedBy absolute path of the configuration file or module that names them
 * @throws PLUGIN_NOT_FOUND
 */
export function resolvePlugins(references: readonly PluginReference[], namedBy: string): ResolvedPlugin[] {
  const parent = pathToFileURL(namedBy);
  return references.map(({ specifier, options }) => {
    const url = resolveOne(specifier, parent, namedBy);
    return { specifier, url, namedBy, ...(options === undefined ? {} : { options }) };
  });
}

function resolveOne(specifier: string, parent: URL, namedBy: string): string {
  let url: URL | undefined;
  let cause: unknown;
  try {
    url = moduleResolve(specifier, parent, CONDITIONS);
  } catch (error) {
    cause = error;
  }
  if (url?.protocol === 'file:' && existsSync(fileURLToPath(url))) return url.href;
  const relative = /^(\.{0,2}\/|file:)/.test(specifier);
  const reason = url && url.protocol !== 'file:' ? `it is part of Node.js` : missing(cause);
  throw new PluginError(
    'PLUGIN_NOT_FOUND',
    `plugin ${specifier}: ${reason} (named by ${namedBy})`,
    { specifier, namedBy, url: url?.href },
    {
      cause,
      hint: relative
        ? 'a relative path is taken from the folder of the file that names it'
        : `install it there: npm install ${packageOf(specifier)}`,
    },
  );
}

function missing(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return 'the package is there, but does not export this path';
  if (code === 'ERR_INVALID_MODULE_SPECIFIER') return 'not a name of a package or a path';
  return 'not found';
}

const packageOf = (specifier: string): string => /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier)?.[0] ?? specifier;

/**
 * Imports plugins and checks that they are some.
 * @throws PLUGIN_FAILED, PLUGIN_SHAPE, PLUGIN_API
 */
export async function loadPlugins(resolved: readonly ResolvedPlugin[]): Promise<PluginUse[]> {
  const uses: PluginUse[] = [];
  // One after the other: the first that fails is the one reported.
  for (const one of resolved) uses.push([await load(one), one.options]);
  return uses;
}

async function load({ specifier, url, namedBy }: ResolvedPlugin): Promise<WinbackPlugin> {
  let module: { default?: unknown };
  try {
    module = (await import(/* @vite-ignore */ url)) as { default?: unknown };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PluginError(
      'PLUGIN_FAILED',
      `plugin ${specifier}: failed while it was loaded: ${why}`,
      { specifier, url, namedBy },
      { cause: error },
    );
  }
  checkPlugin(module.default, specifier, { specifier, url, namedBy });
  return module.default;
}

/** @throws PLUGIN_SHAPE, PLUGIN_API */
export function checkPlugin(plugin: unknown, label: string, details: Record<string, unknown> = {}): asserts plugin is WinbackPlugin {
  const problem = shapeProblem(plugin);
  if (problem !== undefined) {
    const hint = 'its module must export default definePlugin({ name, api: PLUGIN_API, register(container, options) { … } })';
    throw new PluginError('PLUGIN_SHAPE', `plugin ${label}: ${problem}`, details, { hint });
  }
  const { name, api } = plugin as WinbackPlugin;
  if (api === PLUGIN_API) return;
  throw new PluginError(
    'PLUGIN_API',
    `plugin ${name}: built for version ${String(api)} of the plugin contract, this Winback has version ${String(PLUGIN_API)}`,
    { ...details, name, expected: PLUGIN_API, actual: api },
    { hint: api > PLUGIN_API ? 'update Winback' : `look for a newer version of ${name}` },
  );
}

function shapeProblem(plugin: unknown): string | undefined {
  if (plugin === undefined) return 'the module has no default export';
  if (typeof plugin !== 'object' || plugin === null)
    return `the default export is not a plugin but ${plugin === null ? 'null' : `a ${typeof plugin}`}`;
  const { name, api, register } = plugin as Record<string, unknown>;
  if (typeof name !== 'string' || name === '') return `name: expected the package's name, found ${typeof name}`;
  if (!Number.isInteger(api)) return `api: expected PLUGIN_API, found ${typeof api}`;
  if (typeof register !== 'function') return `register: expected a function, found ${typeof register}`;
  return undefined;
}
