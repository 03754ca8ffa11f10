import type { RegistryError } from '../../errors/index.js';
import type { RegistryStore } from '../registry-store.js';
import { decodeString } from '../value-data.js';
import { BACKUP_KEYS } from './backup-key.js';
import { MachineHives } from './machine-hives.js';
import { number, readEntries, readSetting, strings, text, further, type BackupKeyEntry, type Setting } from './setting.js';

/** How Windows Server Backup backs a volume up. */
export type PerformanceSetting = 'full' | 'incremental';

/** What all backup keys of a machine say. */
export interface BackupSettings {
  /** By volume GUID, in lower case and without braces. */
  readonly customPerformanceSettings: Setting<ReadonlyMap<string, PerformanceSetting>>;
  readonly disableMonitoring: Setting<boolean>;
  readonly disableUserProfileExpansion: Setting<boolean>;
  readonly filesNotToBackup: Setting<readonly BackupKeyEntry[]>;
  readonly filesNotToSnapshot: Setting<readonly BackupKeyEntry[]>;
  /** Seconds. */
  readonly idleTimeout: Setting<number>;
  readonly keysNotToRestore: Setting<readonly BackupKeyEntry[]>;
  readonly lastInstance: Setting<string | undefined>;
  readonly lastRestoreId: Setting<string | undefined>;
  readonly maxShadowCopies: Setting<number>;
  /** MB, rounded; undefined: by the size of the volume, see {@link minDiffAreaSize}. */
  readonly minDiffAreaFileSize: Setting<number | undefined>;
  readonly overallPerformanceSetting: Setting<PerformanceSetting | 'custom'>;
  readonly sysvol: Setting<'authoritative' | 'non-authoritative'>;
}

const DWORD_MAX = 0xffff_ffff;
const DEFAULT_IDLE_TIMEOUT = 180;
const KINDS = { 1: 'full', 2: 'incremental', 3: 'custom' } as const;

/** Reads all backup keys of a whole system, or of an offline hive those that it holds. @throws REGISTRY_DAMAGED, REGISTRY_IO */
export function readBackupSettings(store: RegistryStore, hives = new MachineHives(store)): BackupSettings {
  const keys = BACKUP_KEYS;
  const flag = further(number(0, DWORD_MAX), (n) => n !== 0, String);
  const kind = further(number(1, 3), (n) => KINDS[n as 1 | 2 | 3], String);
  return {
    customPerformanceSettings: readSetting<ReadonlyMap<string, PerformanceSetting>>(
      hives,
      keys.customPerformanceSettings,
      new Map(),
      further(strings, volumeSettings, (all) => `has a string of another form: ${all.find((s) => !VOLUME_SETTING.test(s)) ?? ''}`),
    ),
    disableMonitoring: readSetting(
      hives,
      keys.disableMonitoring,
      false,
      further(number(0, 1), (n) => n === 1, String),
    ),
    disableUserProfileExpansion: readSetting(hives, keys.disableUserProfileExpansion, false, flag),
    filesNotToBackup: readEntries(hives, keys.filesNotToBackup),
    filesNotToSnapshot: readEntries(hives, keys.filesNotToSnapshot),
    idleTimeout: readSetting(
      hives,
      keys.idleTimeout,
      DEFAULT_IDLE_TIMEOUT,
      further(number(0, DWORD_MAX), (n) => (n === 0 ? DEFAULT_IDLE_TIMEOUT : n), String),
    ),
    keysNotToRestore: readEntries(hives, keys.keysNotToRestore),
    lastInstance: readSetting<string | undefined>(hives, keys.lastInstance, undefined, text),
    lastRestoreId: readSetting<string | undefined>(hives, keys.lastRestoreId, undefined, text),
    maxShadowCopies: readSetting(hives, keys.maxShadowCopies, 64, number(1, 512)),
    minDiffAreaFileSize: readSetting<number | undefined>(
      hives,
      keys.minDiffAreaFileSize,
      undefined,
      further(number(1, DWORD_MAX), (n) => Math.ceil(n / 32) * 32, String),
    ),
    overallPerformanceSetting: readSetting<PerformanceSetting | 'custom'>(hives, keys.overallPerformanceSetting, 'full', kind),
    sysvol: readSetting<'authoritative' | 'non-authoritative'>(
      hives,
      keys.sysvol,
      'non-authoritative',
      further(text, restoreKind, (word) => `is "${word}"`),
    ),
  };
}

/** Everything that was odd, in the order of the keys. */
export const settingWarnings = (settings: BackupSettings): RegistryError[] =>
  Object.values(settings as unknown as Record<string, Setting<unknown>>).flatMap(({ warnings }) => warnings);

const restoreKind = (word: string): 'authoritative' | 'non-authoritative' | undefined => {
  const lower = word.toLowerCase();
  return lower === 'authoritative' || lower === 'non-authoritative' ? lower : undefined;
};

const VOLUME_SETTING = /^\s*\{?([0-9a-f-]{36,37})\}?\s*,\s*([12])\s*$/i;

/** Undefined: a string has another form. */
function volumeSettings(all: readonly string[]): ReadonlyMap<string, PerformanceSetting> | undefined {
  const settings = new Map<string, PerformanceSetting>();
  for (const one of all) {
    const [, guid, number] = VOLUME_SETTING.exec(one) ?? [];
    if (guid === undefined) return undefined;
    settings.set(guid.toLowerCase(), number === '1' ? 'full' : 'incremental');
  }
  return settings;
}

/** How a volume is backed up: what CustomPerformanceSettings says counts only where OverallPerformanceSetting sends there. */
export function performanceOf(
  { overallPerformanceSetting: overall, customPerformanceSettings: custom }: BackupSettings,
  volumeGuid: string,
): PerformanceSetting {
  if (overall.value !== 'custom') return overall.value;
  return custom.value.get(volumeGuid.replace(/[{}]/g, '').toLowerCase()) ?? 'full';
}

const MB = 1 << 20;

/** The least size of a volume's shadow copy storage, in bytes. */
export function minDiffAreaSize({ minDiffAreaFileSize: { value } }: BackupSettings, volumeSize: number): number {
  return (value ?? (volumeSize < 500 * MB ? 32 : 320)) * MB;
}

const PROFILE_LIST = 'Microsoft\\Windows NT\\CurrentVersion\\ProfileList';

/** The folders of all users' profiles, as they are listed: environment variables in them are not replaced. */
export function userProfiles(store: RegistryStore, hives = new MachineHives(store)): string[] {
  const path = hives.path('SOFTWARE', PROFILE_LIST);
  const list = path === undefined ? undefined : store.key(path);
  return [...(list?.subkeys() ?? [])].flatMap((sid) => {
    const value = store.key(`${path ?? ''}\\${sid}`)?.value('ProfileImagePath');
    const folder = value ? decodeString(value.data) : '';
    return folder === '' ? [] : [folder];
  });
}
