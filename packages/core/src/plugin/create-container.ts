import { all, emptyContainer, type DependencyContainer, type Token } from '../di.js';
import { PluginError } from '../errors/index.js';
import {
  CLOCK,
  LOGGER,
  PLATFORM,
  PROGRESS,
  RANDOM,
  silentLogger,
  silentProgress,
  systemClock,
  systemPlatform,
  systemRandom,
} from '../ports/index.js';
import { BACKUP_TARGET_DRIVER } from '../target/backup-target.js';
import { checkPlugin, type PluginUse } from './load-plugins.js';
import type { WinbackPlugin } from './plugin.js';

/** Ports that have one implementation. Core gives it, `override` may replace it, plugins may not. */
const SINGLE = new Set<unknown>([CLOCK, LOGGER, PLATFORM, PROGRESS, RANDOM]);

/**
 * A container of its own with the plugins' registrations. `override` runs last: tests and programs replace clocks, loggers and
 * progress there.
 * @throws PLUGIN_SHAPE, PLUGIN_API, PLUGIN_DUPLICATE, PLUGIN_FAILED
 */
export function createContainer(plugins: readonly PluginUse[], override?: (container: DependencyContainer) => void): DependencyContainer {
  const container = emptyContainer();
  container.register(CLOCK, { useValue: systemClock });
  container.register(RANDOM, { useValue: systemRandom });
  container.register(LOGGER, { useValue: silentLogger });
  container.register(PROGRESS, { useValue: silentProgress });
  container.register(PLATFORM, { useValue: systemPlatform() });

  const names = new Set<string>();
  /** The plugin behind each target driver, in the order of registration. */
  const owners: string[] = [];
  for (const use of plugins) {
    const [plugin, options] = splitUse(use);
    checkPlugin(plugin, labelOf(plugin));
    if (names.has(plugin.name)) {
      throw new PluginError(
        'PLUGIN_DUPLICATE',
        `plugin ${plugin.name}: loaded twice`,
        { name: plugin.name },
        {
          hint: 'name it once; built-in plugins need not be named in the configuration',
        },
      );
    }
    names.add(plugin.name);
    registerPlugin(container, plugin, options, (token) => {
      if (token === BACKUP_TARGET_DRIVER) owners.push(plugin.name);
    });
  }
  override?.(container);
  checkSchemes(container, owners);
  return container;
}

const splitUse = (use: PluginUse): readonly [WinbackPlugin, unknown] => (isPair(use) ? use : [use, undefined]);
const isPair = (use: PluginUse): use is readonly [WinbackPlugin, unknown] => Array.isArray(use);
const labelOf = (plugin: unknown): string => {
  const name: unknown = typeof plugin === 'object' && plugin !== null ? (plugin as { name?: unknown }).name : undefined;
  return typeof name === 'string' ? name : 'without a name';
};

function registerPlugin(
  container: DependencyContainer,
  plugin: WinbackPlugin,
  options: unknown,
  onRegister: (token: unknown) => void,
): void {
  const stop = watchRegistrations(container, (token) => {
    if (SINGLE.has(token)) {
      const name = String(token).replace(/^Symbol\((.*)\)$/, '$1');
      throw new PluginError('PLUGIN_DUPLICATE', `plugin ${plugin.name}: registers ${name}, of which there is one already`, {
        name: plugin.name,
        token: name,
      });
    }
    onRegister(token);
  });
  try {
    // Typed as void, but plain JavaScript may answer with anything.
    const untyped: { register(container: DependencyContainer, options: unknown): unknown } = plugin;
    const answer = untyped.register(container, options);
    if (answer instanceof Promise) {
      answer.catch(() => undefined); // reported here and now
      throw new TypeError('register() answered with a promise; it must be synchronous');
    }
  } catch (error) {
    if (error instanceof PluginError && error.code === 'PLUGIN_DUPLICATE') throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new PluginError(
      'PLUGIN_FAILED',
      `plugin ${plugin.name}: failed while it was registered: ${why}`,
      { name: plugin.name },
      { cause: error },
    );
  } finally {
    stop();
  }
}

/** Every other way to register ends in `register`. */
function watchRegistrations(container: DependencyContainer, onRegister: (token: unknown) => void): () => void {
  const original = Object.getOwnPropertyDescriptor(container, 'register');
  const register = container.register.bind(container) as (...args: unknown[]) => DependencyContainer;
  Object.defineProperty(container, 'register', {
    configurable: true,
    value: (...args: unknown[]) => {
      onRegister(args[0]);
      return register(...args);
    },
  });
  return () => {
    if (original) Object.defineProperty(container, 'register', original);
    else Reflect.deleteProperty(container, 'register');
  };
}

function checkSchemes(container: DependencyContainer, owners: readonly string[]): void {
  const ownerOf = new Map<string, string>();
  listOf(container, BACKUP_TARGET_DRIVER, owners).forEach(({ scheme }, i) => {
    const owner = owners[i] ?? 'the program';
    const first = ownerOf.get(scheme);
    if (first !== undefined) {
      throw new PluginError(
        'PLUGIN_DUPLICATE',
        `plugin ${owner}: serves ${scheme}: targets, as ${first} does`,
        { scheme, plugins: [first, owner] },
        {
          hint: 'take one of the two out of the configuration',
        },
      );
    }
    ownerOf.set(scheme, owner);
  });
}

function listOf<T>(container: DependencyContainer, token: Token<T>, owners: readonly string[]): T[] {
  try {
    return all(container, token);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PluginError(
      'PLUGIN_FAILED',
      `a target driver of ${[...new Set(owners)].join(' or ')} cannot be made: ${why}`,
      { plugins: owners },
      { cause: error },
    );
  }
}
