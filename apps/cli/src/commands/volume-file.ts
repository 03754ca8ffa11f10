import {
  all,
  createContainer,
  loadPlugins,
  PlatformError,
  SourceError,
  VOLUME_DRIVER,
  type LocatedPath,
  type OpenedFile,
  type Volume,
  type VolumeDriver,
} from '@winback/core';
import { pluginsFor } from '../builtin-plugins.js';
import type { Io } from '../io.js';
import { absolutePath } from '../paths.js';
import type { CommonOptions } from '../session.js';

/** The driver of the highest priority that serves a path. @throws SOURCE_NOT_FOUND, PLATFORM_UNSUPPORTED */
export async function locateVolume(
  io: Io,
  options: CommonOptions,
  path: string,
): Promise<{ readonly driver: VolumeDriver; readonly located: LocatedPath }> {
  const container = createContainer(await loadPlugins(pluginsFor(io, options)));
  const probed = all(container, VOLUME_DRIVER).map((driver) => ({ driver, probe: driver.probe() }));
  const usable = probed.filter(({ probe }) => probe.available).map(({ driver }) => driver);
  if (usable.length === 0) {
    const reasons = probed.flatMap(({ driver, probe }) => (probe.available ? [] : [`${driver.name}: ${probe.reason}`]));
    throw new PlatformError(`no volume driver works on this system: ${reasons.join('; ') || 'none is loaded'}`, { reasons });
  }
  for (const driver of usable.sort((a, b) => b.priority - a.priority)) {
    const located = driver.locate(path);
    if (located) return { driver, located };
  }
  throw new SourceError('SOURCE_NOT_FOUND', `no loaded volume driver serves ${path}`, { path });
}

/** One file of a volume, open for reading. A folder or a link is meant itself. */
export interface VolumeFile extends Disposable {
  /** As the user named it, made absolute. */
  readonly path: string;
  readonly driver: VolumeDriver;
  readonly volume: Volume;
  readonly opened: OpenedFile;
}

/** @throws USAGE, SOURCE_NOT_FOUND, SOURCE_UNREADABLE, SOURCE_VANISHED, PLATFORM_UNSUPPORTED */
export async function openVolumeFile(io: Io, options: CommonOptions, text: string): Promise<VolumeFile> {
  const path = absolutePath(text, io.cwd, 'PATH');
  const { driver, located } = await locateVolume(io, options, path);
  const volume = driver.open(located.volume, located.volume.root);
  try {
    const opened = volume.node(located.path).open();
    return {
      path,
      driver,
      volume,
      opened,
      [Symbol.dispose]() {
        opened.streams.close();
        volume[Symbol.dispose]();
      },
    };
  } catch (error) {
    volume[Symbol.dispose]();
    throw error;
  }
}
