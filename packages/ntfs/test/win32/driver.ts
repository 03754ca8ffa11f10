import { FileAttribute, systemPlatform, systemRandom, type RawEncryption, type Volume } from '@winback/core';
import { VolumeFlag } from '../../src/win32/ffi/constants.js';
import { loadKoffi } from '../../src/win32/ffi/load.js';
import type { Win32 } from '../../src/win32/ffi/win32.js';
import { Win32VolumeDriver } from '../../src/win32/win32-volume-driver.js';
import { SkipCase } from './case.js';
import { backupDll, windows } from './windows.js';

/** Flags that Wine leaves out, though it has hard links, and keeps alternate streams as files with a colon in their names. */
const WINE_HAS = VolumeFlag.HARD_LINKS | VolumeFlag.NAMED_STREAMS | VolumeFlag.ENCRYPTION;

interface DriverOptions {
  readonly underWine: boolean;
  /** Calls that answer otherwise than they do. */
  readonly instead?: (api: Win32) => Partial<Win32>;
  readonly encryption?: RawEncryption;
}

/** The driver; under Wine with the Backup* functions of mock-backup.dll, and with what Wine does not say of its volumes. */
export const driver = ({ underWine, instead, encryption }: DriverOptions): Win32VolumeDriver =>
  new Win32VolumeDriver(
    systemPlatform(),
    systemRandom,
    () => {
      const { api } = windows();
      return { ...api, ...(underWine ? { GetVolumeInformationW: withFlags(api.GetVolumeInformationW) } : {}), ...instead?.(api) };
    },
    encryption,
  );

const withFlags =
  (ask: Win32['GetVolumeInformationW']): Win32['GetVolumeInformationW'] =>
  (root, label, labelLength, serial, longest, flags, ...rest) => {
    const answer = ask(root, label, labelLength, serial, longest, flags, ...rest);
    const view = new DataView(flags.buffer, flags.byteOffset);
    view.setUint32(0, view.getUint32(0, true) | WINE_HAS, true);
    return answer;
  };

/** Files, and folders of this name, that are encrypted to whoever asks. */
export const encryptedFiles =
  (isEncrypted: (path: string) => boolean = () => true, folder?: string) =>
  ({ GetFileInformationByHandle, GetFinalPathNameByHandleW }: Win32): Partial<Win32> => ({
    GetFileInformationByHandle: (handle, into) => {
      const answer = GetFileInformationByHandle(handle, into);
      const path = new Uint8Array(2000);
      const length = GetFinalPathNameByHandleW(handle, path, 1000, 0);
      const view = new DataView(into.buffer, into.byteOffset);
      const name = Buffer.from(path.buffer, 0, length * 2).toString('utf16le');
      const isFolder = (view.getUint32(0, true) & FileAttribute.DIRECTORY) !== 0;
      if (isFolder ? folder !== undefined && name.endsWith(`\\${folder}`) : isEncrypted(name))
        view.setUint32(0, view.getUint32(0, true) | FileAttribute.ENCRYPTED, true);
      return answer;
    },
  });

/** Opens the volume that a folder lies on, runs `body` with it and the folder's path there, and closes it. */
export function onVolume<T>(tried: Win32VolumeDriver, folder: string, body: (volume: Volume, path: string) => T): T {
  const located = tried.locate(folder);
  if (!located) throw new TypeError(`${folder} is no path of Windows`);
  using volume = tried.open(located.volume, located.volume.root);
  return body(volume, located.path);
}

/** What mock-backup.dll has for tests; a case that needs it is skipped where Windows' own functions are used. */
export function mock(): { failBetween: (from: number, to: number, error: number) => void; contexts: () => number } {
  if (backupDll === undefined) throw new SkipCase('needs mock-backup.dll in the place of BackupRead');
  const library = loadKoffi().load(backupDll);
  return {
    failBetween: library.func('void MockFailBetween(uint64_t, uint64_t, uint32_t)') as (from: number, to: number, error: number) => void,
    contexts: library.func('int MockContexts()') as () => number,
  };
}
