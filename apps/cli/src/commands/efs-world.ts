import { all, CLOCK, createContainer, loadPlugins, PLATFORM, VOLUME_DRIVER, type Clock, type VolumeDriver } from '@winback/core';
import { VolumeBackend, WindowsBackend, type RawFileBackend } from '@winback/efs-raw';
import { pluginsFor } from '../builtin-plugins.js';
import type { Io } from '../io.js';
import type { CommonOptions } from '../session.js';

/** What the commands on encrypted files need of the world. */
export interface EfsWorld {
  readonly drivers: readonly VolumeDriver[];
  readonly clock: Clock;
  /** Windows' own calls on Windows, else the volumes that plugins serve. */
  readonly backend: RawFileBackend;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export async function efsWorld(io: Io, options: CommonOptions): Promise<EfsWorld> {
  const container = createContainer(await loadPlugins(pluginsFor(io, options)));
  const clock = container.resolve(CLOCK);
  const drivers = all(container, VOLUME_DRIVER);
  const platform = container.resolve(PLATFORM);
  const backend = platform.os === 'win32' ? new WindowsBackend(platform) : new VolumeBackend(drivers, clock);
  return { drivers, clock, backend, now: Number(clock.now() / 1_000_000n) };
}
