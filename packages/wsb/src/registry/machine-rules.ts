import { readFileSync } from 'node:fs';
import {
  isWinbackError,
  nodeErrno,
  parseFilesNotToBackup,
  parseFilesNotToSnapshot,
  PLATFORM,
  readBackupSettings,
  REGISTRY_STORE,
  RegistryError,
  userProfiles,
  type BackupKeyEntry,
  type BackupSettings,
  type DependencyContainer,
  type ParsedRules,
  type PathRule,
  type Setting,
  type VolumeIdentity,
  type WinbackError,
} from '@winback/core';
import { OfflineWindows } from './offline-windows.js';

export type LeaveOutKey = 'FilesNotToBackup' | 'FilesNotToSnapshot';

/** Which files the registry of one machine wants left out, on volumes that it knows by `root`. */
export interface MachineRules {
  /** The registry that says so. */
  readonly registry: string;
  readonly key: LeaveOutKey;
  readonly rules: readonly PathRule[];
  /** Strings in the key, with those that make no sense. */
  readonly entries: number;
  /** Entries that make no sense: nothing is left out for them. */
  readonly warnings: readonly WinbackError[];
}

export interface ReadRules {
  readonly rules: readonly MachineRules[];
  /** Why the registry cannot be read, and nothing is left out for it, or why what it says may be old. */
  readonly unreadable?: WinbackError | undefined;
}

/** What the registry of the running system says. */
export function runningRules(container: DependencyContainer): ReadRules {
  if (!container.isRegistered(REGISTRY_STORE)) return { rules: [] };
  return unlessUnreadable(() => {
    const store = container.resolve(REGISTRY_STORE);
    const settings = readBackupSettings(store);
    const listed = userProfiles(store);
    const profiles = listed.length > 0 || container.resolve(PLATFORM).os === 'win32' ? listed : homeFolders();
    return rulesOf(store.name, settings, process.env, profiles);
  });
}

/** What the registry of a Windows says that is installed on a volume and not running, and the root by which it knows that volume. */
export function offlineRules(root: string): ReadRules & { readonly root: string } {
  let drive = 'C:';
  const read = unlessUnreadable(() => {
    using windows = OfflineWindows.on(root);
    if (!windows) return { rules: [] };
    drive = windows.systemDrive;
    const { system, software } = windows;
    const environment = windows.environment();
    const [odd] = windows.notes;
    const { name } = system.store;
    const unreadable = odd === undefined ? undefined : new RegistryError('REGISTRY_DAMAGED', `${name}: ${odd}`, { file: name });
    const said = rulesOf(
      system.store.name,
      readBackupSettings(system.store, system),
      environment,
      software ? userProfiles(software.store, software) : [],
    );
    return { ...said, unreadable };
  });
  return { ...read, root: `${drive}\\` };
}

function rulesOf(
  registry: string,
  { filesNotToBackup, filesNotToSnapshot, disableUserProfileExpansion }: BackupSettings,
  environment: NodeJS.ProcessEnv,
  profiles: readonly string[],
): ReadRules {
  const backup = parseFilesNotToBackup(filesNotToBackup.value, environment);
  const snapshot = parseFilesNotToSnapshot(filesNotToSnapshot.value, {
    environment,
    userProfiles: profiles,
    disableUserProfileExpansion: disableUserProfileExpansion.value,
  });
  const { warnings } = disableUserProfileExpansion;
  return {
    rules: [
      machineRules(registry, 'FilesNotToBackup', filesNotToBackup, backup),
      machineRules(registry, 'FilesNotToSnapshot', filesNotToSnapshot, { ...snapshot, warnings: [...warnings, ...snapshot.warnings] }),
    ],
  };
}

const machineRules = (
  registry: string,
  key: LeaveOutKey,
  setting: Setting<readonly BackupKeyEntry[]>,
  { rules, warnings }: ParsedRules,
): MachineRules => ({ registry, key, rules, entries: setting.value.length, warnings: [...setting.warnings, ...warnings] });

function unlessUnreadable(read: () => ReadRules): ReadRules {
  try {
    return read();
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    return { rules: [], unreadable: error };
  }
}

const FIRST_USER = 1000;

/** What the profiles of users are on other systems. */
function homeFolders(): string[] {
  let lines: string[];
  try {
    lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  } catch (error) {
    if (nodeErrno(error) === undefined) throw error;
    return [];
  }
  return lines.flatMap((line) => {
    const [, , id, , , home = ''] = line.split(':');
    return home.startsWith('/') && home !== '/' && (id === '0' || Number(id) >= FIRST_USER) ? [home] : [];
  });
}

/** Whether a volume is where the running system has itself: then its registry is the running one. */
export const isSystemVolume = (volume: VolumeIdentity): boolean => {
  const drive = process.env['SystemDrive'];
  return drive !== undefined && volume.root.toUpperCase().startsWith(drive.toUpperCase());
};
