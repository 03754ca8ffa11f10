import { sameName } from '../registry-name.js';
import { hasWildcard } from './name-pattern.js';
import { EntryProblem, expandEnvironment, parseEntries, splitEntryPath, type Environment, type ParsedRules } from './path-rule.js';
import type { BackupKeyEntry } from './setting.js';

/**
 * What the entries of FilesNotToBackup name: `[Drive][Path]\FileName [/s]`, where a path without a drive is one on all drives, and
 * `%NAME%` stands for what `environment` has. Paths with slashes are absolute ones of POSIX systems.
 */
export function parseFilesNotToBackup(entries: readonly BackupKeyEntry[], environment: Environment = {}): ParsedRules {
  return parseEntries(entries, 'FilesNotToBackup', (entry) => {
    const text = expandEnvironment(entry.text, environment);
    const path = text instanceof EntryProblem ? text : splitEntryPath(text);
    if (path instanceof EntryProblem) return path;
    if (path.folders.some(hasWildcard)) return new EntryProblem('has a wildcard in its path, which only the file name may have');
    return [{ entry, ...path, keepAtRestore: sameName(path.folders[0] ?? path.fileName, 'SIS Common Store') }];
  });
}
