import type { DependencyContainer } from '../di.js';

/** Number of the plugin contract, compared when a plugin is loaded. */
export const PLUGIN_API = 1;

/** What a plugin's module exports as its default. */
export interface WinbackPlugin<Options = unknown> {
  /** The npm package's name. */
  readonly name: string;
  /** {@link PLUGIN_API} of the core it was built for. */
  readonly api: number;
  /** Registers implementations of ports. Synchronous, no I/O, no device access. */
  register(container: DependencyContainer, options: Options): void;
}

export const definePlugin = <Options = unknown>(plugin: WinbackPlugin<Options>): WinbackPlugin<Options> => plugin;
