import { RegistryError } from '../../errors/index.js';
import type { BackupKeyEntry } from './setting.js';

/** Which files an entry names. */
export interface PathRule {
  readonly entry: BackupKeyEntry;
  /** Undefined: on all volumes. Else where the path begins: `C:`, `/`, `\\?\Volume{…}`. */
  readonly root: string | undefined;
  /** Folders from there, or from the volume's root; each may hold wildcards. */
  readonly folders: readonly string[];
  /** May hold wildcards. Without, it is a file's or a folder's; with, files', and folders' if all names match and `recursive`. */
  readonly fileName: string;
  /** `/s`: in all folders below, too. */
  readonly recursive: boolean;
  /** Paths with slashes are those of POSIX systems. */
  readonly caseSensitive: boolean;
  /**
   * The files are left out of file-level backups, but must not be deleted after a volume was restored as a whole: what they hold belongs
   * to other files (SIS Common Store).
   */
  readonly keepAtRestore: boolean;
}

export interface ParsedRules {
  readonly rules: readonly PathRule[];
  /** Entries that name no file, with the reason: REGISTRY_VALUE. */
  readonly warnings: readonly RegistryError[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** An entry that makes no sense. */
export class EntryProblem {
  constructor(readonly why: string) {}
}

/** UTF-16 units in a path, of Windows' own limit. */
const PATH_MAX = 32_767;

/**
 * Replaces each `%NAME%`, whatever its case. What becomes longer than any path is a problem: a hive's variables may repeat one another
 * until no memory holds them.
 */
export function expandEnvironment(text: string, environment: Environment): string | EntryProblem {
  const byName = new Map(Object.entries(environment).map(([name, value]) => [name.toUpperCase(), value]));
  const missing: string[] = [];
  let length = text.length;
  const expanded = text.replace(/%([^%\\/]+)%/g, (whole, name: string) => {
    const value = byName.get(name.toUpperCase());
    if (value === undefined || value === '') missing.push(whole);
    length += (value ?? '').length - whole.length;
    return length > PATH_MAX ? '' : (value ?? '');
  });
  if (length > PATH_MAX) return new EntryProblem(`is longer than ${String(PATH_MAX)} characters`);
  return missing.length === 0 ? expanded : new EntryProblem(`${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set`);
}

/** A path in parts, with its `/s`. */
export interface SplitPath {
  readonly root: string | undefined;
  readonly folders: readonly string[];
  readonly fileName: string;
  readonly recursive: boolean;
  readonly caseSensitive: boolean;
}

const RECURSIVE = /[ \t]+\/s[ \t]*$/i;
const WINDOWS_ROOT = /^(\\\\[?.]\\[^\\]+|[a-z]:)?\\(?!\\)/i;

export function splitEntryPath(text: string): SplitPath | EntryProblem {
  const recursive = RECURSIVE.test(text);
  const path = text.replace(RECURSIVE, '').trim();
  const posix = path.startsWith('/');
  const match = posix ? undefined : WINDOWS_ROOT.exec(path);
  if (!posix && !match) return new EntryProblem('is no path from a drive or from the root of all drives');
  const parts = posix ? path.slice(1).split('/') : path.slice(match?.[0].length).split('\\');
  const fileName = parts.pop() ?? '';
  if (fileName === '') return new EntryProblem('names no file: it ends with its folder');
  if (parts.includes('')) return new EntryProblem('has an empty name in its path');
  return { root: posix ? '/' : match?.[1]?.toUpperCase(), folders: parts, fileName, recursive, caseSensitive: posix };
}

/** Makes rules of entries, and warnings of those that `toRules` finds a problem with. */
export function parseEntries(
  entries: readonly BackupKeyEntry[],
  key: string,
  toRules: (entry: BackupKeyEntry) => readonly PathRule[] | EntryProblem,
): ParsedRules {
  const rules: PathRule[] = [];
  const warnings: RegistryError[] = [];
  for (const entry of entries) {
    const made = toRules(entry);
    if (made instanceof EntryProblem) warnings.push(entryWarning(key, entry, made.why));
    else rules.push(...made);
  }
  return { rules, warnings };
}

export const entryWarning = (key: string, { name, text }: BackupKeyEntry, why: string): RegistryError =>
  new RegistryError('REGISTRY_VALUE', `${key}, ${name}: ${text} ${why}`, { key, value: name, entry: text }, { hint: 'it is ignored' });
