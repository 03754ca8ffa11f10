import { realpathSync } from 'node:fs';
import { endianness } from 'node:os';
import { describeNodeError, nodeErrno, PlatformError, SourceError } from '../../errors/index.js';
import { AT_FDCWD, cString, libc } from '../../ffi/libc.js';
import { loadKoffi } from '../../ffi/load.js';
import { StatxBuffer } from '../../ffi/statx.js';
import { systemPlatform, type Platform } from '../../ports/platform.js';
import { systemRandom, type Random } from '../../ports/random.js';
import type { VolumeIdentity } from '../../snapshot/snapshot-provider.js';
import { bytesToText, textToBytes } from '../../text/file-name.js';
import type { LocatedPath, RecoveryOptions, Volume, VolumeDriver, VolumeRecovery } from '../volume.js';
import { mountOf, readMounts } from './mounts.js';
import { PortableRecovery } from './portable-recovery.js';
import { sourceError } from './problems.js';
import { posixReading, posixRecovery } from './posix-dialect.js';
import { PortableVolume } from './portable-volume.js';

/** Every mounted volume of a Linux system, with all the facts that Linux itself tells about files. */
export class PortableVolumeDriver implements VolumeDriver {
  readonly name = 'portable';
  readonly priority = 0;

  constructor(
    private readonly platform: Platform = systemPlatform(),
    private readonly random: Random = systemRandom,
  ) {}

  probe(): { readonly available: true } | { readonly available: false; readonly reason: string } {
    if (this.platform.os !== 'linux') return { available: false, reason: `needs Linux; this system is ${this.platform.os}` };
    if (endianness() !== 'LE') return { available: false, reason: 'needs a little-endian processor' };
    try {
      loadKoffi();
    } catch (error) {
      return { available: false, reason: `koffi cannot be loaded: ${error instanceof Error ? error.message : String(error)}` };
    }
    return { available: true };
  }

  locate(path: string): LocatedPath | undefined {
    if (!this.probe().available || !path.startsWith('/')) return undefined;
    const full = resolve(path);
    const facts = factsOf(full);
    const mounts = readMounts();
    let mount = mountOf(mounts, full, facts.mount);
    // A file that is itself a mount point is read as part of the folder that it stands in.
    if (mount?.point === full && facts.kind !== 'directory') mount = mountOf(mounts, full, factsOf(folderOf(full)).mount);
    if (!mount) throw new SourceError('SOURCE_NOT_FOUND', `${path}: no mounted volume holds it`, { path });
    const relative = mount.point === '/' ? full.slice(1) : full.slice(mount.point.length + 1);
    const kind = factsOf(full).kind;
    return { volume: { root: mount.point, fileSystem: mount.fileSystem, device: mount.source }, path: relative, kind };
  }

  open(volume: VolumeIdentity, root: string): Volume {
    this.#require();
    return new PortableVolume(volume, root, posixReading(volume.fileSystem));
  }

  openRecovery(folder: string, options: RecoveryOptions): VolumeRecovery {
    this.#require();
    return new PortableRecovery(folder, options, posixRecovery(this.#fileSystemOf(folder)), this.random);
  }

  #fileSystemOf(folder: string): string {
    return this.locate(`${folder}/.`)?.volume.fileSystem ?? '';
  }

  #require(): void {
    const probe = this.probe();
    if (!probe.available) throw new PlatformError(`portable volumes: ${probe.reason}`);
  }
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

/** The real path of the folder that a path stands in, and its last part as it is: a link named by the user is itself the item. */
function resolve(path: string): string {
  const wholly = /\/\.{0,2}$/.test(path); // `/`, `x/`, `x/.`, `x/..`
  const leaf = wholly ? '' : path.slice(path.lastIndexOf('/') + 1);
  const folder = realFolder(wholly ? path : folderOf(path), path);
  return leaf === '' ? folder : `${folder === '/' ? '' : folder}/${leaf}`;
}

function realFolder(folder: string, path: string): string {
  try {
    return bytesToText(realpathSync.native(Buffer.from(textToBytes(folder)), 'buffer'));
  } catch (error) {
    const errno = nodeErrno(error);
    if (errno === undefined) throw error;
    const gone = errno === 'ENOENT' || errno === 'ENOTDIR';
    const message = gone ? `${path}: there is no such file or folder` : `${path}: cannot be found: ${describeNodeError(error)}`;
    throw new SourceError(gone ? 'SOURCE_NOT_FOUND' : 'SOURCE_UNREADABLE', message, { path }, { cause: error });
  }
}

function factsOf(path: string): StatxBuffer {
  const facts = new StatxBuffer();
  if (!facts.readName(AT_FDCWD, cString(textToBytes(path)))) {
    const error = sourceError(libc().errno(), 'finding it', path);
    if (error.code !== 'SOURCE_VANISHED') throw error;
    throw new SourceError('SOURCE_NOT_FOUND', `${path}: there is no such file or folder`, { path });
  }
  return facts;
}
