import { all, CLOCK, createContainer, loadPlugins, VOLUME_DRIVER, type Clock, type VolumeDriver } from '@winback/core';
import { pluginsFor } from '../builtin-plugins.js';
import type { Io } from '../io.js';
import type { CommonOptions } from '../session.js';

/** What the commands on encrypted files need of the world. */
export interface EfsWorld {
  readonly drivers: readonly VolumeDriver[];
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export async function efsWorld(io: Io, options: CommonOptions): Promise<EfsWorld> {
  const container = createContainer(await loadPlugins(pluginsFor(io, options)));
  const clock = container.resolve(CLOCK);
  return { drivers: all(container, VOLUME_DRIVER), clock, now: Number(clock.now() / 1_000_000n) };
}
