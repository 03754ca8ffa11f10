import {
  isWinbackError,
  PortableVolumeDriver,
  systemClock,
  systemPlatform,
  systemRandom,
  textToBytes,
  type LocatedPath,
  type Platform,
  type Random,
  type RecoveryOptions,
  type Volume,
  type VolumeDriver,
  type VolumeIdentity,
  type VolumeRecovery,
} from '@winback/core';
import { AT_FDCWD, cString, PortableRecovery, PortableVolume, readMounts, StatxBuffer } from '@winback/core/linux';
import { FileSource, RawNtfsVolume } from '../raw/index.js';
import { streamsInterfaceOf } from './alternate-streams.js';
import { LiveNtfsVolume } from './live-volume.js';
import { mountedReading } from './mounted-reading.js';
import { mountedRecovery } from './mounted-recovery.js';
import { isNtfs3g } from './ntfs-facts.js';

/** What Linux calls a file system that ntfs-3g has mounted, from a device and from a file. */
const FUSE = /^fuse(blk|\.ntfs|\.ntfs-3g)?$/;

/** NTFS volumes that ntfs-3g has mounted on Linux, with every fact that it gives and takes. */
export class MountedNtfsDriver implements VolumeDriver {
  readonly name = 'ntfs-3g';
  /** Before the portable driver, which sees the same mounts without what only NTFS knows. */
  readonly priority = 50;
  readonly #portable: PortableVolumeDriver;

  constructor(
    platform: Platform = systemPlatform(),
    private readonly random: Random = systemRandom,
    /** Whether volumes may be read straight from their devices. */
    private readonly direct = true,
  ) {
    this.#portable = new PortableVolumeDriver(platform, random);
  }

  probe(): ReturnType<VolumeDriver['probe']> {
    return this.#portable.probe();
  }

  locate(path: string): LocatedPath | undefined {
    const located = this.#portable.locate(path);
    if (!located || !FUSE.test(located.volume.fileSystem) || !isNtfs3g(cPath(located.volume.root))) return undefined;
    return { ...located, volume: { ...located.volume, fileSystem: 'ntfs' } };
  }

  /** Straight from its device where that is permitted, which is much faster and tells more; else file by file through ntfs-3g. */
  open(volume: VolumeIdentity, root: string): Volume {
    const begun = systemClock.now();
    const mounted = new PortableVolume(volume, root, mountedReading(streamsInterfaceOf(cPath(root))));
    const device = this.direct && root === volume.root && isWhole(root) ? openDevice(volume) : undefined;
    if (!device) return mounted;
    // ntfs-3g does one thing after the other, and answers this from nothing that the system remembers.
    return new LiveNtfsVolume(device, mounted, begun, () => isNtfs3g(cPath(root)));
  }

  openRecovery(folder: string, options: RecoveryOptions): VolumeRecovery {
    return new PortableRecovery(folder, options, mountedRecovery(streamsInterfaceOf(cPath(folder))), this.random);
  }
}

/** Number of the root folder's FILE record. */
const ROOT = 5n;

/** Whether a mount shows all of its device and nothing else: no mere folder of it, and no other file system inside. */
function isWhole(root: string): boolean {
  const facts = new StatxBuffer();
  const inside = root === '/' ? root : `${root}/`;
  return (
    facts.readName(AT_FDCWD, cPath(root)) &&
    facts.inode === ROOT &&
    !readMounts().some(({ point }) => point !== root && point.startsWith(inside))
  );
}

/** Undefined: the device cannot be read. */
function openDevice(volume: VolumeIdentity): RawNtfsVolume | undefined {
  if (!volume.device.startsWith('/dev/')) return undefined;
  let source: FileSource;
  try {
    source = new FileSource(volume.device);
  } catch (error) {
    if (isWinbackError(error)) return undefined;
    throw error;
  }
  if (RawNtfsVolume.probe(source)) return new RawNtfsVolume(volume, source);
  source[Symbol.dispose]();
  return undefined;
}

const cPath = (path: string): Uint8Array => cString(textToBytes(path));
