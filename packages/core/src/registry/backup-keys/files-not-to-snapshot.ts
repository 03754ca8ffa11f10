import { EntryProblem, expandEnvironment, parseEntries, splitEntryPath, type Environment, type ParsedRules } from './path-rule.js';
import type { BackupKeyEntry } from './setting.js';

export interface SnapshotRuleOptions {
  readonly environment?: Environment;
  /** The folders that `$UserProfile$` stands for. */
  readonly userProfiles?: readonly string[];
  /** Entries with `$UserProfile$` name nothing. */
  readonly disableUserProfileExpansion?: boolean;
}

const VARIABLE = /^\$(UserProfile|AllVolumes)\$(?=[\\/])/i;

/**
 * What the entries of FilesNotToSnapshot name: full paths with wildcards, `$UserProfile$\…` for each profile and `$AllVolumes$\…` on
 * each volume, each with `/s` for the folders below. An entry that no file matches is ignored, without a warning.
 */
export function parseFilesNotToSnapshot(entries: readonly BackupKeyEntry[], options: SnapshotRuleOptions = {}): ParsedRules {
  const { environment = {}, userProfiles = [], disableUserProfileExpansion = false } = options;
  return parseEntries(entries, 'FilesNotToSnapshot', (entry) => {
    const variable = VARIABLE.exec(entry.text)?.[1]?.toLowerCase();
    const rest = entry.text.replace(VARIABLE, '');
    const everywhere = variable === 'allvolumes';
    if (variable === 'userprofile' && disableUserProfileExpansion) return [];
    const rules = [];
    for (const start of variable === 'userprofile' ? userProfiles : ['']) {
      const below = start.startsWith('/') ? rest.replaceAll('\\', '/') : rest;
      const text = expandEnvironment(start.replace(/[\\/]$/, '') + below, environment);
      const path = text instanceof EntryProblem ? text : splitEntryPath(text);
      if (path instanceof EntryProblem) return path;
      if (path.root === undefined && !everywhere) return new EntryProblem('is no full path, and does not begin with $AllVolumes$');
      rules.push({ entry, ...path, root: everywhere ? undefined : path.root, keepAtRestore: false });
    }
    return rules;
  });
}
