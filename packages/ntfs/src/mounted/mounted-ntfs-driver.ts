import {
  PortableVolumeDriver,
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
import { cString, PortableRecovery, PortableVolume } from '@winback/core/linux';
import { streamsInterfaceOf } from './alternate-streams.js';
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

  open(volume: VolumeIdentity, root: string): Volume {
    return new PortableVolume(volume, root, mountedReading(streamsInterfaceOf(cPath(root))));
  }

  openRecovery(folder: string, options: RecoveryOptions): VolumeRecovery {
    return new PortableRecovery(folder, options, mountedRecovery(streamsInterfaceOf(cPath(folder))), this.random);
  }
}

const cPath = (path: string): Uint8Array => cString(textToBytes(path));
