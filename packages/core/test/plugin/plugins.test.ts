import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  all,
  BACKUP_TARGET_DRIVER,
  CLOCK,
  createContainer,
  definePlugin,
  findConfig,
  fixedClock,
  Lifecycle,
  loadPlugins,
  LOGGER,
  PLATFORM,
  PLUGIN_API,
  PROGRESS,
  RANDOM,
  resolvePlugins,
  type BackupTargetDriver,
  type PluginUse,
  type WinbackPlugin,
} from '../../src/index.js';

const app = fileURLToPath(new URL('fixtures/app', import.meta.url));
const configFile = join(app, 'winback.config.json');
const load = async (...specifiers: string[]): Promise<PluginUse[]> =>
  loadPlugins(
    resolvePlugins(
      specifiers.map((specifier) => ({ specifier })),
      configFile,
    ),
  );

const target = (scheme: string): BackupTargetDriver => ({
  scheme,
  description: scheme,
  probe: () => ({ available: true }),
  open: () => {
    throw new Error('not opened here');
  },
});
const targetPlugin = (name: string, scheme: string): WinbackPlugin =>
  definePlugin({ name, api: PLUGIN_API, register: (c) => void c.register(BACKUP_TARGET_DRIVER, { useValue: target(scheme) }) });

describe('plugins from a configuration', () => {
  it('a third party’s plugin is resolved, loaded and registered with its options', async () => {
    const config = findConfig(app)!;
    const resolved = resolvePlugins(config.plugins, config.file);
    expect(resolved[0]).toEqual({
      specifier: '@acme/winback-plugin-lto/plugin',
      url: new URL('fixtures/app/node_modules/@acme/winback-plugin-lto/lib/plugin.js', import.meta.url).href,
      options: { changer: '/dev/sg3' },
      namedBy: configFile,
    });
    expect(structuredClone(resolved)).toEqual(resolved);
    const drivers = all(createContainer(await loadPlugins(resolved)), BACKUP_TARGET_DRIVER);
    expect(drivers).toMatchObject([{ scheme: 'lto', options: { changer: '/dev/sg3' } }]);
  });

  it.each([
    ['@acme/not-installed/plugin', 'not found', 'npm install @acme/not-installed'],
    ['not-installed', 'not found', 'npm install not-installed'],
    ['./nowhere.mjs', 'not found', 'relative path'],
    ['winback-plugin-noexport/plugin', 'does not export this path', 'winback-plugin-noexport'],
    ['node:fs', 'part of Node.js', ''],
    ['fs', 'part of Node.js', ''],
    ['%2fetc', 'not a name', ''],
  ])('%s: PLUGIN_NOT_FOUND', async (specifier, message, hint) => {
    const error: unknown = await load(specifier).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'PLUGIN_NOT_FOUND', details: { specifier, namedBy: configFile } });
    expect(String(error)).toContain(message);
    expect((error as { hint: string }).hint).toContain(hint);
  });

  it.each([
    ['./throws.mjs', 'PLUGIN_FAILED', 'failed while it was loaded: no licence'],
    ['./string.mjs', 'PLUGIN_SHAPE', 'the default export is not a plugin but a string'],
    ['./half.mjs', 'PLUGIN_SHAPE', 'register: expected a function'],
    ['winback-plugin-noexport', 'PLUGIN_SHAPE', 'no default export'],
    ['./old.mjs', 'PLUGIN_API', 'built for version 0 of the plugin contract, this Winback has version 1'],
  ])('%s: %s', async (specifier, code, message) => {
    await expect(load(specifier)).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
  });

  it('the first failure is the one reported', async () => {
    await expect(load('./throws.mjs', './string.mjs')).rejects.toMatchObject({ code: 'PLUGIN_FAILED' });
  });
});

describe('createContainer', () => {
  it('has the default ports, and override replaces them', () => {
    const container = createContainer([], (c) => c.register(CLOCK, { useValue: fixedClock('2020-01-01') }));
    expect(container.resolve(CLOCK).now()).toBe(1_577_836_800_000_000_000n);
    for (const token of [RANDOM, LOGGER, PROGRESS, PLATFORM]) expect(container.resolve<unknown>(token)).toBeDefined();
    expect(all(container, BACKUP_TARGET_DRIVER)).toEqual([]);
  });

  it('two containers share nothing', () => {
    createContainer([targetPlugin('a', 'x')]);
    expect(all(createContainer([]), BACKUP_TARGET_DRIVER)).toEqual([]);
  });

  it('lists what several plugins registered, in order, however they registered it', () => {
    class Driver implements BackupTargetDriver {
      scheme = 'b';
      description = '';
      probe = (): { available: true } => ({ available: true });
      open = (): never => {
        throw new Error();
      };
    }
    const b = definePlugin({
      name: 'b',
      api: PLUGIN_API,
      register: (c) => void c.register(BACKUP_TARGET_DRIVER, { useClass: Driver }, { lifecycle: Lifecycle.Singleton }),
    });
    const c = definePlugin({ name: 'c', api: PLUGIN_API, register: (it) => void it.registerInstance(BACKUP_TARGET_DRIVER, target('c')) });
    const container = createContainer([targetPlugin('a', 'a'), b, [c, {}]]);
    expect(all(container, BACKUP_TARGET_DRIVER).map(({ scheme }) => scheme)).toEqual(['a', 'b', 'c']);
    expect(all(container, BACKUP_TARGET_DRIVER)[1]).toBe(all(container, BACKUP_TARGET_DRIVER)[1]);
  });

  it('a plugin gets its options', () => {
    let seen: unknown;
    createContainer([[definePlugin({ name: 'a', api: PLUGIN_API, register: (_, options) => void (seen = options) }), { drive: 1 }]]);
    expect(seen).toEqual({ drive: 1 });
  });

  const failing = (register: WinbackPlugin['register']): PluginUse => definePlugin({ name: '@x/bad', api: PLUGIN_API, register });
  const cases: [string, PluginUse[], string, string][] = [
    ['the same plugin twice', [targetPlugin('a', 'x'), targetPlugin('a', 'y')], 'PLUGIN_DUPLICATE', 'plugin a: loaded twice'],
    [
      'one scheme, two plugins',
      [targetPlugin('a', 'x'), targetPlugin('b', 'x')],
      'PLUGIN_DUPLICATE',
      'plugin b: serves x: targets, as a does',
    ],
    [
      'a port of which there is one',
      [failing((c) => void c.registerInstance(CLOCK, fixedClock('2020-01-01')))],
      'PLUGIN_DUPLICATE',
      'plugin @x/bad: registers @winback/core/Clock',
    ],
    [
      'register throws',
      [
        failing(() => {
          throw new RangeError('changer: expected a path');
        }),
      ],
      'PLUGIN_FAILED',
      'plugin @x/bad: failed while it was registered: changer: expected a path',
    ],
    [
      'register is asynchronous',
      [failing(() => Promise.reject(new Error('late')) as unknown as undefined)],
      'PLUGIN_FAILED',
      'must be synchronous',
    ],
    ['wrong contract', [{ name: 'a', api: 2, register: () => undefined }], 'PLUGIN_API', 'plugin a: built for version 2'],
    ['no plugin at all', [42 as never], 'PLUGIN_SHAPE', 'not a plugin but a number'],
    [
      'a driver that cannot be made',
      [
        failing((c) => {
          c.register(BACKUP_TARGET_DRIVER, {
            useFactory: () => {
              throw new Error('no drive');
            },
          });
        }),
      ],
      'PLUGIN_FAILED',
      'a target driver of @x/bad cannot be made',
    ],
  ];
  it.each(cases)('%s', (_, plugins, code, message) => {
    let error: unknown;
    try {
      createContainer(plugins);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) as string });
  });
});
