import {
  PathMatcher,
  PLATFORM,
  type CatalogLeftOut,
  type DependencyContainer,
  type PathRule,
  type VolumeIdentity,
  type VolumeMatcher,
  type WinbackError,
} from '@winback/core';
import type { JobEvent, LeftOutResult } from '../job/job.js';
import type { ProblemList } from '../job/problem-list.js';
import { displayPath } from '../job/volume-path.js';
import { isSystemVolume, offlineRules, runningRules, type MachineRules, type ReadRules } from './machine-rules.js';

/** Paths that are remembered of each entry; all are told as they occur. */
const PATHS_KEPT = 100;

/** Which rules hold for a volume. */
export interface LeaveOutOptions {
  /** Files that FilesNotToBackup names: not for targets of blocks, which keep them and leave them out at recovery. */
  readonly fromBackups: boolean;
  /** Files that FilesNotToSnapshot names. Windows deletes them from a shadow copy itself; elsewhere they are left out when it is read. */
  readonly fromSnapshots: boolean;
  /** A whole volume is being recovered: the Windows on it has its say, and what must not be deleted stays. */
  readonly recovered?: { readonly registry: string } | undefined;
}

/** Says of a file below one included path whether it is left out; if so, it is counted. */
export type LeaveOut = (path: string, isFolder: boolean) => boolean;

interface Matcher {
  readonly machine: MachineRules;
  readonly volume: VolumeMatcher;
}

/** What the registry wants left out of a job, and what was. */
export class LeftOut {
  readonly #running: ReadRules;
  readonly #entries = new Map<string, { -readonly [K in keyof CatalogLeftOut]: CatalogLeftOut[K] } & { paths: string[] }>();
  #known = 0;
  readonly #isWindows: boolean;
  readonly #met = new Set<MachineRules['warnings']>();

  /** Warnings go to `problems` as notes: their entries leave nothing out. */
  constructor(
    container: DependencyContainer,
    private readonly problems: ProblemList | undefined,
    private readonly onEvent: (event: JobEvent) => void,
  ) {
    this.#isWindows = container.resolve(PLATFORM).os === 'win32';
    this.#running = runningRules(container);
    if (this.#running.unreadable) this.#note(this.#running.unreadable);
  }

  /** The entries that left something out, and how many there are in the keys that were looked at. */
  get result(): LeftOutResult {
    return { entries: [...this.#entries.values()], known: this.#known };
  }

  /**
   * The rules for a volume.
   * @param root where it is read: itself, or its snapshot
   */
  ofVolume(volume: VolumeIdentity, root: string, options: LeaveOutOptions): (included: string) => LeaveOut {
    const { recovered } = options;
    const offline = !recovered && this.#isWindows && isSystemVolume(volume) ? undefined : offlineRules(root);
    if (offline?.unreadable) this.#note(offline.unreadable);
    const wanted = ({ key }: MachineRules): boolean =>
      key === 'FilesNotToBackup' ? options.fromBackups : options.fromSnapshots && !this.#isWindows;
    const own = (offline?.rules ?? []).filter(wanted).map((machine) => ({ machine, root: offline?.root ?? '' }));
    const running = this.#running.rules.filter(wanted).map((machine) => ({ machine, root: volume.root }));
    const recovering =
      own.length > 0 ? own.map(({ machine, root: letter }) => ({ machine: { ...machine, ...recovered }, root: letter })) : running;
    const sources = recovered ? recovering.map(keptAtRestore) : [...running, ...own];
    for (const { machine } of sources) {
      // The running system's hold for every volume, and are counted and complained about once.
      if (this.#met.has(machine.warnings)) continue;
      this.#met.add(machine.warnings);
      this.#known += machine.entries;
      for (const error of machine.warnings) this.#note(error, machine.registry);
    }
    return (included) => {
      const matchers = sources
        .map((source): Matcher => ({ machine: source.machine, volume: matcherBelow(source.machine.rules, source.root, included) }))
        .filter((matcher) => !matcher.volume.isEmpty);
      return matchers.length === 0 ? () => false : (path, isFolder) => this.#leaves(matchers, volume, path, isFolder);
    };
  }

  #note(error: WinbackError, registry?: string): void {
    const where = registry ?? error.details['file'] ?? error.details['key'];
    this.problems?.add({ path: typeof where === 'string' ? where : 'the registry', error, effect: 'note' });
  }

  #leaves(matchers: readonly Matcher[], volume: VolumeIdentity, path: string, isFolder: boolean): boolean {
    const kind = isFolder ? 'directory' : 'file';
    for (const matcher of matchers) {
      const rule = matcher.volume.match(path, kind);
      if (!rule) continue;
      this.#count(matcher.machine, rule, displayPath(volume, path));
      return true;
    }
    return false;
  }

  #count({ registry, key }: MachineRules, { entry: { name, text } }: PathRule, path: string): void {
    const id = [registry, key, name, text].join('\0');
    const found = this.#entries.get(id) ?? { registry, key, name, text, count: 0, paths: [] };
    this.#entries.set(id, found);
    found.count++;
    if (found.paths.length < PATHS_KEPT) found.paths.push(path);
    this.onEvent({ type: 'left-out', path, key, name, text });
  }
}

interface Source {
  readonly machine: MachineRules;
  /** By which the machine knows the volume. */
  readonly root: string;
}

/** Without rules for what must not be deleted: it belongs to other files. */
const keptAtRestore = ({ machine, root }: Source): Source => ({
  machine: { ...machine, rules: machine.rules.filter((rule) => !rule.keepAtRestore) },
  root,
});

/** A name that no entry means. */
const ANY_NAME = '\u0001';

/**
 * The rules without those that name the included path itself, or everything in it: whoever asks for a file by its name wants it.
 */
function matcherBelow(rules: readonly PathRule[], root: string, included: string): VolumeMatcher {
  if (included === '') return new PathMatcher(rules).forVolume(root);
  // Each rule by itself: one that names the path hides others that do.
  const isNamed = (rule: PathRule): boolean => {
    const alone = new PathMatcher([rule]).forVolume(root);
    return (alone.match(included) ?? alone.match(`${included}/${ANY_NAME}`)) !== undefined;
  };
  const named = new Set(rules.filter(isNamed).map((rule) => rule.entry));
  return new PathMatcher(rules.filter((rule) => !named.has(rule.entry))).forVolume(root);
}
