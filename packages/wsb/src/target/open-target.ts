import {
  all,
  BACKUP_TARGET_DRIVER,
  TargetError,
  type BackupTarget,
  type BackupTargetDriver,
  type DependencyContainer,
  type OpenTargetOptions,
} from '@winback/core';

/** Two letters at least, so that `C:\x` is a path. */
const SCHEME = /^([a-z][a-z0-9+.-]+):(?!\/\/$)/i;

/** The driver that serves a target URI. @throws TARGET_SCHEME */
export function targetDriverFor(container: DependencyContainer, uri: string): BackupTargetDriver {
  const drivers = all(container, BACKUP_TARGET_DRIVER);
  const scheme = SCHEME.exec(uri)?.[1]?.toLowerCase();
  const driver = scheme === undefined ? drivers.find((d) => d.claims?.(uri)) : drivers.find((d) => d.scheme === scheme);
  if (driver) return driver;
  throw new TargetError(
    'TARGET_SCHEME',
    scheme === undefined ? `no loaded plugin takes the backup target "${uri}"` : `no loaded plugin serves "${scheme}:" targets`,
    { uri, scheme, known: drivers.map((d) => d.scheme) },
    {
      hint: `name a file that ends in .bkf, or say what it is: ${drivers.map((d) => `${d.scheme}:PATH`).join(', ') || 'no scheme is loaded'}`,
    },
  );
}

/** Opens a backup target. @throws TARGET_SCHEME, TARGET_NOT_FOUND, TARGET_LOCKED, TARGET_UNSUPPORTED, PLATFORM_UNSUPPORTED */
export async function openTarget(container: DependencyContainer, uri: string, options: OpenTargetOptions): Promise<BackupTarget> {
  const driver = targetDriverFor(container, uri);
  const probe = driver.probe();
  if (!probe.available) {
    throw new TargetError('TARGET_UNSUPPORTED', `${driver.scheme}: targets cannot be used here: ${probe.reason}`, {
      uri,
      scheme: driver.scheme,
    });
  }
  const target = await driver.open(uri, options);
  if (options.compress !== true || target.capabilities.has('compress')) return target;
  await target.close();
  throw new TargetError('TARGET_UNSUPPORTED', `${driver.scheme}: targets cannot be written compressed`, { uri, scheme: driver.scheme });
}

/** Opens a target, hands it to `work`, and closes it whatever happens. */
export async function withTarget<T>(
  container: DependencyContainer,
  uri: string,
  options: OpenTargetOptions,
  work: (target: BackupTarget) => Promise<T>,
): Promise<T> {
  const target = await openTarget(container, uri, options);
  try {
    return await work(target);
  } finally {
    await target.close();
  }
}
