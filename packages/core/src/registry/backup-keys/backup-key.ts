import { RegistryType } from '../registry-store.js';

/** Which of the machine's hives holds a key. */
export type MachineHive = 'SYSTEM' | 'SOFTWARE';

/** One of the keys by which backup programs, the Volume Shadow Copy Service and Windows Backup tell each other something. */
export interface BackupKey {
  readonly name: string;
  readonly hive: MachineHive;
  /** Below the hive, with CurrentControlSet as a running system has it. */
  readonly key: string;
  /** Undefined: every value of the key is an entry, under a name of its own. */
  readonly valueName: string | undefined;
  /** {@link RegistryType} */
  readonly type: number;
  /** In words: what holds where there is no value, or one that makes no sense. */
  readonly otherwise: string;
  /** In words: what the data may be. */
  readonly range: string;
  /** In words: who reads it, and when. */
  readonly readBy: string;
}

const BACKUP_RESTORE = 'CurrentControlSet\\Control\\BackupRestore';
const VSS_SETTINGS = 'CurrentControlSet\\Services\\VSS\\Settings';
const BLOCK_LEVEL_BACKUP = 'Microsoft\\Windows\\CurrentVersion\\Windows Block Level Backup';

const system = (key: string) => ({ hive: 'SYSTEM' as const, key });
const software = (key: string) => ({ hive: 'SOFTWARE' as const, key });

/** All keys of Microsoft's page Registry Keys and Values for Backup and Restore, and the one that its page on shadow copies adds. */
export const BACKUP_KEYS = {
  customPerformanceSettings: {
    name: 'CustomPerformanceSettings',
    ...software(BLOCK_LEVEL_BACKUP),
    valueName: 'CustomPerformanceSettings',
    type: RegistryType.MULTI_SZ,
    otherwise: 'no volume has a setting of its own',
    range: 'strings of a volume GUID, a comma, and 1 (full) or 2 (incremental)',
    readBy: 'Windows Server Backup at each backup, if OverallPerformanceSetting is 3',
  },
  disableMonitoring: {
    name: 'DisableMonitoring',
    ...software('Microsoft\\Windows\\CurrentVersion\\WindowsBackup'),
    valueName: 'DisableMonitoring',
    type: RegistryType.DWORD,
    otherwise: '0: users are reminded to set up Windows Backup',
    range: '0 or 1',
    readBy: 'Windows 7 and later clients, at startup and when a disk is plugged in',
  },
  disableUserProfileExpansion: {
    name: 'DisableUserProfileExpansion',
    ...system(VSS_SETTINGS),
    valueName: 'DisableUserProfileExpansion',
    type: RegistryType.DWORD,
    otherwise: '0: $UserProfile$ in FilesNotToSnapshot stands for each profile',
    range: '0, or any other number: entries with $UserProfile$ are ignored',
    readBy: 'the shadow copy optimization writer, when a shadow copy is made',
  },
  filesNotToBackup: {
    name: 'FilesNotToBackup',
    ...system(`${BACKUP_RESTORE}\\FilesNotToBackup`),
    valueName: undefined,
    type: RegistryType.MULTI_SZ,
    otherwise: 'no file is left out',
    range: '[Drive][Path]\\FileName [/s]',
    readBy: 'backup programs at each backup; block-level ones at recovery',
  },
  filesNotToSnapshot: {
    name: 'FilesNotToSnapshot',
    ...system(`${BACKUP_RESTORE}\\FilesNotToSnapshot`),
    valueName: undefined,
    type: RegistryType.MULTI_SZ,
    otherwise: 'no file is deleted from shadow copies',
    range: 'full paths with *, or from $UserProfile$ or $AllVolumes$, and [/s]',
    readBy: 'the shadow copy optimization writer, when a shadow copy is made; Windows Server Backup at recovery of volumes',
  },
  idleTimeout: {
    name: 'IdleTimeout',
    ...system(VSS_SETTINGS),
    valueName: 'IdleTimeout',
    type: RegistryType.DWORD,
    otherwise: '180 seconds',
    range: '1 to 4294967295 seconds, 1 to 180 recommended; 0 is 180',
    readBy: 'the Volume Shadow Copy Service, while it is idle',
  },
  keysNotToRestore: {
    name: 'KeysNotToRestore',
    ...system(`${BACKUP_RESTORE}\\KeysNotToRestore`),
    valueName: undefined,
    type: RegistryType.MULTI_SZ,
    otherwise: 'every key is restored',
    range: 'paths below HKEY_LOCAL_MACHINE\\SYSTEM that end with \\ (a key stays), * (keys are merged) or a name (a value stays)',
    readBy: 'programs that restore a SYSTEM hive, at restore',
  },
  lastInstance: {
    name: 'LastInstance',
    ...software('Microsoft\\Windows NT\\CurrentVersion\\ASR\\RestoreSession'),
    valueName: 'LastInstance',
    type: RegistryType.SZ,
    otherwise: 'no bare-metal restore was made',
    range: 'any text that is new at each bare-metal restore',
    readBy: 'backup programs, which then know that volumes were overwritten',
  },
  lastRestoreId: {
    name: 'LastRestoreId',
    ...system(`${BACKUP_RESTORE}\\SystemStateRestore`),
    valueName: 'LastRestoreId',
    type: RegistryType.SZ,
    otherwise: 'no system state was restored',
    range: 'any text that is new at each restore of the system state',
    readBy: 'programs that must know that the system state was restored; they compare it with what they saw last',
  },
  maxShadowCopies: {
    name: 'MaxShadowCopies',
    ...system(VSS_SETTINGS),
    valueName: 'MaxShadowCopies',
    type: RegistryType.DWORD,
    otherwise: '64',
    range: '1 to 512',
    readBy: 'the Volume Shadow Copy Service, when a client-accessible shadow copy is made',
  },
  minDiffAreaFileSize: {
    name: 'MinDiffAreaFileSize',
    ...system('CurrentControlSet\\Services\\VolSnap'),
    valueName: 'MinDiffAreaFileSize',
    type: RegistryType.DWORD,
    otherwise: '32 MB for volumes smaller than 500 MB, 320 MB for others',
    range: 'megabytes, a multiple of 32; others are rounded up to one',
    readBy: 'volsnap, when room for shadow copies is allocated',
  },
  overallPerformanceSetting: {
    name: 'OverallPerformanceSetting',
    ...software(BLOCK_LEVEL_BACKUP),
    valueName: 'OverallPerformanceSetting',
    type: RegistryType.DWORD,
    otherwise: '1: full backups',
    range: '1 (full), 2 (incremental) or 3 (as CustomPerformanceSettings says)',
    readBy: 'Windows Server Backup at each backup',
  },
  sysvol: {
    name: 'SYSVOL',
    ...system('CurrentControlSet\\Services\\DFSR\\Restore'),
    valueName: 'SYSVOL',
    type: RegistryType.SZ,
    otherwise: 'non-authoritative',
    range: 'authoritative or non-authoritative',
    readBy: 'the DFSR service, after the system state of a domain controller was restored',
  },
} as const satisfies Readonly<Record<string, BackupKey>>;

export type BackupKeyId = keyof typeof BACKUP_KEYS;
