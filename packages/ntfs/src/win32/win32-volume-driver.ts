import {
  PlatformError,
  SourceError,
  type LocatedPath,
  type Platform,
  type Random,
  type RawEncryption,
  type RecoveryOptions,
  type Volume,
  type VolumeDriver,
  type VolumeIdentity,
  type VolumeRecovery,
} from '@winback/core';
import type { VolumeTools } from './capabilities.js';
import { Access } from './ffi/constants.js';
import { bindWin32, type Win32 } from './ffi/win32.js';
import { FileCalls } from './file-calls.js';
import { failureOf, isNoSuchPath, win32Of } from './problems.js';
import { VolumeCalls } from './volume-calls.js';
import { kindOfFile } from './win32-node.js';
import { Win32Volume } from './win32-volume.js';
import { nativePath, nativeRoot, plainPath, splitNative } from './windows-path.js';
import { Win32Recovery } from './win32-recovery.js';

const ARCHITECTURES = new Set(['x64', 'arm64']);

/** Live volumes of Windows with every fact: through BackupRead and BackupWrite, and the calls for what those leave out. */
export class Win32VolumeDriver implements VolumeDriver {
  readonly name = 'win32';
  readonly priority = 100;
  #api: Win32 | undefined;

  constructor(
    private readonly platform: Platform,
    private readonly random: Random,
    /** Binds the calls of Windows; for tests where some of them are missing. */
    private readonly bind: () => Win32 = bindWin32,
    /** For encrypted files; without it they are backed up without their content. */
    private readonly encryption?: RawEncryption,
  ) {}

  probe(): { readonly available: true } | { readonly available: false; readonly reason: string } {
    if (this.platform.os !== 'win32') return { available: false, reason: 'needs Windows' };
    if (!ARCHITECTURES.has(this.platform.arch))
      return { available: false, reason: `needs a Node.js of 64 bits, this is ${this.platform.arch}` };
    try {
      this.#api ??= this.bind();
      return { available: true };
    } catch (error) {
      return { available: false, reason: `Windows' calls cannot be bound: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  locate(path: string): LocatedPath | undefined {
    if (!this.probe().available) return undefined;
    const found = nativePath(path);
    if (!found) return undefined;
    const files = new FileCalls(this.#require());
    const volumes = new VolumeCalls(files);
    const { folder, leaf } = found.wholly ? { folder: found.native, leaf: '' } : splitNative(found.native);
    const parent = this.#finalPath(files, folder, path);
    const full = leaf === '' ? parent : `${parent.replace(/\\$/, '')}\\${leaf}`;
    const kind = this.#kind(files, full, path);
    const root = nativeRoot(volumes.rootOf(full));
    const { fileSystem, label } = volumes.information(root);
    const shownRoot = plainPath(root);
    return {
      volume: { root: shownRoot, fileSystem, device: volumes.nameOf(root) ?? shownRoot, ...(label === '' ? {} : { label }) },
      path: full.slice(root.length).replace(/\\$/, '').replaceAll('\\', '/'),
      kind,
    };
  }

  open(volume: VolumeIdentity, root: string): Volume {
    return new Win32Volume(this.#tools(), volume, root);
  }

  openRecovery(folder: string, options: RecoveryOptions): VolumeRecovery {
    return new Win32Recovery(this.#tools(), folder, options.overwrite, this.random);
  }

  #tools(): VolumeTools {
    const { encryption } = this;
    return { api: this.#require(), encryption: encryption?.probe().available ? encryption : undefined };
  }

  #require(): Win32 {
    const probe = this.probe();
    if (!this.#api || !probe.available) throw new PlatformError(`volumes of Windows: ${probe.available ? '' : probe.reason}`);
    return this.#api;
  }

  /** Where the folder is that a path stands in: a link named by the user is itself the item, those on the way to it are followed. */
  #finalPath(files: FileCalls, folder: string, path: string): string {
    return this.#found(path, () => {
      const handle = files.openPath(folder, Access.READ_ATTRIBUTES, true);
      try {
        return new VolumeCalls(files).finalPath(handle);
      } finally {
        files.close(handle);
      }
    });
  }

  #kind(files: FileCalls, full: string, path: string): LocatedPath['kind'] {
    return this.#found(path, () => {
      const handle = files.openPath(full, Access.READ_ATTRIBUTES);
      try {
        const { fileAttributes, reparseTag } = files.attributeTag(handle);
        return kindOfFile(fileAttributes, reparseTag);
      } finally {
        files.close(handle);
      }
    });
  }

  #found<T>(path: string, action: () => T): T {
    let result: { readonly value: T } | undefined;
    const failure = failureOf(() => (result = { value: action() }));
    if (result) return result.value;
    const cause = win32Of(failure);
    const gone = isNoSuchPath(cause);
    const message = gone ? `${path}: there is no such file or folder` : `${path}: cannot be found: ${cause.message}`;
    throw new SourceError(gone ? 'SOURCE_NOT_FOUND' : 'SOURCE_UNREADABLE', message, { path, ...cause.details }, { cause });
  }
}
