import { systemPlatform, systemRandom, type Volume } from '@winback/core';
import { VolumeFlag } from '../../src/win32/ffi/constants.js';
import { loadKoffi } from '../../src/win32/ffi/load.js';
import type { Win32 } from '../../src/win32/ffi/win32.js';
import { Win32VolumeDriver } from '../../src/win32/win32-volume-driver.js';
import { SkipCase } from './case.js';
import { backupDll, windows } from './windows.js';

/** Flags that Wine leaves out, though it has hard links, and keeps alternate streams as files with a colon in their names. */
const WINE_HAS = VolumeFlag.HARD_LINKS | VolumeFlag.NAMED_STREAMS;

interface DriverOptions {
  readonly underWine: boolean;
  /** Calls that answer otherwise than they do. */
  readonly instead?: (api: Win32) => Partial<Win32>;
}

/** The driver; under Wine with the Backup* functions of mock-backup.dll, and with what Wine does not say of its volumes. */
export const driver = ({ underWine, instead }: DriverOptions): Win32VolumeDriver =>
  new Win32VolumeDriver(systemPlatform(), systemRandom, () => {
    const { api } = windows();
    return { ...api, ...(underWine ? { GetVolumeInformationW: withFlags(api.GetVolumeInformationW) } : {}), ...instead?.(api) };
  });

const withFlags =
  (ask: Win32['GetVolumeInformationW']): Win32['GetVolumeInformationW'] =>
  (root, label, labelLength, serial, longest, flags, ...rest) => {
    const answer = ask(root, label, labelLength, serial, longest, flags, ...rest);
    const view = new DataView(flags.buffer, flags.byteOffset);
    view.setUint32(0, view.getUint32(0, true) | WINE_HAS, true);
    return answer;
  };

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
