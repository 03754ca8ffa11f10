import {
  all,
  PlatformError,
  SourceError,
  VOLUME_DRIVER,
  type DependencyContainer,
  type LocatedPath,
  type VolumeDriver,
  type VolumeIdentity,
} from '@winback/core';

/** The included paths of one volume. */
export interface VolumePlan {
  readonly driver: VolumeDriver;
  readonly identity: VolumeIdentity;
  /** From the volume's root, none inside another, sorted. */
  readonly paths: readonly string[];
}

/** The volume drivers that work here, the most particular first. @throws PLATFORM_UNSUPPORTED */
function volumeDrivers(container: DependencyContainer): readonly VolumeDriver[] {
  const drivers = all(container, VOLUME_DRIVER);
  const usable = drivers.filter((driver) => driver.probe().available);
  if (usable.length > 0) return usable.sort((a, b) => b.priority - a.priority);
  const reasons = drivers.flatMap((driver) => {
    const probe = driver.probe();
    return probe.available ? [] : [`${driver.name}: ${probe.reason}`];
  });
  throw new PlatformError(`no volume driver works on this system: ${reasons.join('; ') || 'none is loaded'}`, { reasons });
}

export function locate(container: DependencyContainer, path: string): { driver: VolumeDriver; located: LocatedPath } {
  for (const driver of volumeDrivers(container)) {
    const located = driver.locate(path);
    if (located) return { driver, located };
  }
  throw new SourceError('SOURCE_NOT_FOUND', `no loaded volume driver serves ${path}`, { path });
}

const isBelow = (path: string, folder: string): boolean => folder === '' || path === folder || path.startsWith(`${folder}/`);

/** Sorts the included paths by volume. @throws SOURCE_NOT_FOUND, PLATFORM_UNSUPPORTED */
export function planVolumes(container: DependencyContainer, include: readonly string[]): VolumePlan[] {
  const byRoot = new Map<string, { driver: VolumeDriver; identity: VolumeIdentity; paths: string[] }>();
  for (const path of include) {
    const { driver, located } = locate(container, path);
    const { root } = located.volume;
    const plan = byRoot.get(root) ?? { driver, identity: located.volume, paths: [] };
    plan.paths.push(located.path);
    byRoot.set(root, plan);
  }
  return [...byRoot.values()].map(({ driver, identity, paths }) => {
    const sorted = [...new Set(paths)].sort();
    return { driver, identity, paths: sorted.filter((path) => !sorted.some((other) => other !== path && isBelow(path, other))) };
  });
}
