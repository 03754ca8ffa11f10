import type { BackupKeyEntry, BackupSettings, Setting } from '@winback/core';
import { formatCount, plural } from '../terminal/format.js';

/** What a backup key does as it stands, in plain words. */
export interface Effect {
  readonly setting: Setting<unknown>;
  readonly words: readonly string[];
}

const entriesIn = (entries: readonly BackupKeyEntry[]): string[] => entries.map(({ name, text }) => `${text}  (${name})`);

/** A sentence, and the entries that it is about. */
const listed = (entries: readonly BackupKeyEntry[], none: string, some: string): string[] =>
  entries.length === 0 ? [none] : [some, ...entriesIn(entries).map((line) => `  ${line}`)];

/** All keys in the order of their names, those of one page with another's addition. */
export function effectsOf(s: BackupSettings): Effect[] {
  const of = (setting: Setting<unknown>, ...words: string[]): Effect => ({ setting, words });
  const custom = [...s.customPerformanceSettings.value].map(([guid, kind]) => `  volume ${guid}: ${kind}`);
  const overall = s.overallPerformanceSetting.value;
  const minimum = s.minDiffAreaFileSize.value;
  return [
    of(
      s.customPerformanceSettings,
      custom.length === 0
        ? 'No volume has a performance setting of its own.'
        : 'Windows Server Backup backs these volumes up in their own way:',
      ...custom,
      ...(custom.length > 0 && overall !== 'custom' ? ['This is ignored: OverallPerformanceSetting is not 3.'] : []),
    ),
    of(
      s.disableMonitoring,
      s.disableMonitoring.value
        ? 'Windows does not remind users to set up Windows Backup.'
        : 'Windows clients remind users to set up Windows Backup, if they have not.',
    ),
    of(
      s.disableUserProfileExpansion,
      s.disableUserProfileExpansion.value
        ? 'Entries of FilesNotToSnapshot with $UserProfile$ are ignored.'
        : '$UserProfile$ in FilesNotToSnapshot stands for the profile of each user.',
    ),
    of(
      s.filesNotToBackup,
      ...listed(
        s.filesNotToBackup.value,
        'No file is left out of backups.',
        'Backup programs leave these out, of backups and of recoveries:',
      ),
    ),
    of(
      s.filesNotToSnapshot,
      ...listed(
        s.filesNotToSnapshot.value,
        'No file is deleted from shadow copies.',
        'These are deleted from each new shadow copy, as far as it works:',
      ),
    ),
    of(
      s.idleTimeout,
      `The Volume Shadow Copy Service ends after ${plural(s.idleTimeout.value, 'second')} without work.`,
      ...(s.idleTimeout.value > 180 ? ['Microsoft recommends 180 seconds at most.'] : []),
    ),
    of(
      s.keysNotToRestore,
      ...listed(s.keysNotToRestore.value, 'Every registry key is restored.', 'A restored SYSTEM hive keeps these as they were before:'),
    ),
    of(
      s.lastInstance,
      s.lastInstance.value === undefined
        ? 'No bare-metal restore is on record.'
        : `The last bare-metal restore that overwrote volumes without formatting them is called ${s.lastInstance.value}.`,
    ),
    of(
      s.lastRestoreId,
      s.lastRestoreId.value === undefined
        ? 'No restore of the system state is on record.'
        : `The last restore of the system state is called ${s.lastRestoreId.value}.`,
    ),
    of(
      s.maxShadowCopies,
      `Each volume keeps up to ${formatCount(s.maxShadowCopies.value)} client-accessible shadow copies; others up to 512.`,
    ),
    of(
      s.minDiffAreaFileSize,
      minimum === undefined
        ? 'Shadow copies begin with 32 MB of storage on volumes smaller than 500 MB, and with 320 MB on others.'
        : `Shadow copies begin with ${formatCount(minimum)} MB of storage.`,
    ),
    of(
      s.overallPerformanceSetting,
      {
        full: 'Windows Server Backup makes full backups of all volumes.',
        incremental: 'Windows Server Backup makes incremental backups of all volumes.',
        custom: 'Windows Server Backup backs each volume up as CustomPerformanceSettings says.',
      }[overall],
    ),
    of(
      s.sysvol,
      s.sysvol.value === 'authoritative'
        ? 'A restored SYSVOL is authoritative: other domain controllers take it over.'
        : 'A restored SYSVOL is non-authoritative: it takes over what other domain controllers have.',
    ),
  ];
}
