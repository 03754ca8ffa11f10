import {
  isWinbackError,
  parentOf,
  SourceError,
  type BackupSetWriter,
  type BackupStreamSource,
  type FileEntry,
  type FileHandler,
  type OpenedFile,
  type StreamFault,
  type Volume,
  type VolumeNode,
} from '@winback/core';
import type { JobContext } from '../job/job.js';
import type { ProblemList } from '../job/problem-list.js';
import { MeteredStreams, type ProgressMeter } from '../job/progress-meter.js';
import { displayPath } from '../job/volume-path.js';
import type { LeaveOut } from '../registry/left-out.js';
import type { Exclusion } from './exclusions.js';
import { HardLinks } from './hard-links.js';
import { keepFilter, type KeepFilter } from './keep-filter.js';
import type { VolumePlan } from './plan.js';

export interface VolumeBackupParts {
  readonly context: JobContext;
  readonly writer: BackupSetWriter;
  readonly problems: ProblemList;
  readonly meter: ProgressMeter;
  readonly handlers: readonly FileHandler[];
  readonly exclusion: Exclusion;
  readonly targetFiles: ReadonlySet<string>;
  readonly leaveOut: (included: string) => LeaveOut;
  /** Nothing changes in a snapshot, so nobody need look. */
  readonly fromSnapshot: boolean;
}

/** Walks one volume and hands every file to the target. */
export class VolumeBackup {
  readonly #links = new HardLinks();
  readonly #filter: KeepFilter;
  readonly #metered: MeteredStreams;
  /** Paths of implied folders that the set has already. */
  readonly #implied = new Set<string>();

  constructor(
    private readonly plan: VolumePlan,
    private readonly root: string,
    private readonly parts: VolumeBackupParts,
  ) {
    const { identity } = plan;
    this.#filter = keepFilter(identity, parts.exclusion, parts.targetFiles, parts.leaveOut, (path) => {
      const error = new SourceError('SOURCE_UNSUPPORTED', `${path} is the backup target itself and is left out`, { path });
      parts.problems.add({ path, error, effect: 'note' });
    });
    this.#metered = new MeteredStreams(parts.meter, parts.context.cancellation);
  }

  get excluded(): number {
    return this.#filter.excluded;
  }

  async run(): Promise<void> {
    const { driver, identity, paths } = this.plan;
    const { writer, problems, context } = this.parts;
    using volume = driver.open(identity, this.root);
    await writer.beginVolume(identity);
    for (const path of paths) {
      await this.#addAncestors(volume, path);
      for (const batch of volume.walk(path, this.#filter.below(path))) {
        for (const problem of batch.problems) problems.add(problem, this.#shown(problem.path));
        for (const node of batch.nodes) {
          context.cancellation.check();
          const waiting = this.#add(node);
          if (waiting) await waiting;
        }
      }
    }
  }

  /** Folders above an included path, so that the hierarchy in the set is whole. */
  async #addAncestors(volume: Volume, path: string): Promise<void> {
    const missing: string[] = [];
    for (let at = path; at !== '';) {
      at = parentOf(at);
      if (this.#implied.has(at)) break;
      missing.unshift(at);
    }
    for (const folder of missing) {
      this.#implied.add(folder);
      const opened = this.#open(volume.node(folder));
      if (!opened) continue;
      try {
        await this.parts.writer.add({ ...opened.entry, implied: true }, opened.streams);
      } finally {
        opened.streams.close();
      }
    }
  }

  #shown(path: string): string {
    return displayPath(this.plan.identity, path);
  }

  #problem(path: string, error: unknown, effect: 'skipped' | 'incomplete'): void {
    // Anything but a problem of this one file ends the job.
    if (!isWinbackError(error) || !error.code.startsWith('SOURCE_')) throw error;
    this.parts.problems.add({ path, error, effect }, this.#shown(path));
  }

  #open(node: VolumeNode): OpenedFile | undefined {
    let opened: OpenedFile;
    try {
      opened = node.open();
    } catch (error) {
      this.#problem(node.path, error, 'skipped');
      return undefined;
    }
    const firstSight = this.#links.firstSight(opened.entry);
    if (firstSight === undefined) return opened;
    opened.streams.close();
    try {
      return node.open(firstSight);
    } catch (error) {
      this.#problem(node.path, error, 'skipped');
      return undefined;
    }
  }

  #add(node: VolumeNode): Promise<void> | undefined {
    const opened = this.#open(node);
    if (!opened) return undefined;
    const { entry } = opened;
    let source: BackupStreamSource;
    try {
      source = this.#handlerOf(entry)?.open(node, entry) ?? opened.streams;
    } catch (error) {
      opened.streams.close();
      this.#problem(node.path, error, 'skipped');
      return undefined;
    }
    const close = (): void => {
      source.close();
      opened.streams.close();
    };
    let waiting: void | Promise<void>;
    try {
      waiting = this.parts.writer.add(entry, this.#metered.of(source, entry.path));
    } catch (error) {
      close();
      throw error;
    }
    if (!waiting) {
      this.#finish(opened, source.faults);
      close();
      return undefined;
    }
    return waiting
      .then(() => {
        this.#finish(opened, source.faults);
      })
      .finally(close);
  }

  #handlerOf(entry: FileEntry): FileHandler | undefined {
    const { handlers } = this.parts;
    return handlers.length === 0 ? undefined : handlers.find((h) => (entry.attributes & h.attributeMask) !== 0 && h.claims(entry));
  }

  #finish(opened: OpenedFile, faults: readonly StreamFault[]): void {
    const { entry } = opened;
    const { meter, problems, fromSnapshot } = this.parts;
    for (const problem of opened.problems) problems.add(problem, this.#shown(problem.path));
    for (const fault of faults) {
      const details = { path: entry.path, offset: fault.offset, stream: fault.streamNumber };
      const code = fault.kind === 'unreadable' ? 'SOURCE_UNREADABLE' : 'SOURCE_CHANGED';
      const error = new SourceError(code, `${this.#shown(entry.path)}: ${fault.message}`, details);
      problems.add({ path: entry.path, error, effect: 'incomplete' }, this.#shown(entry.path));
    }
    if (!fromSnapshot && entry.kind === 'file' && faults.length === 0 && opened.changed()) {
      const error = new SourceError('SOURCE_CHANGED', `${this.#shown(entry.path)}: changed while it was read`, { path: entry.path });
      problems.add({ path: entry.path, error, effect: 'incomplete' }, this.#shown(entry.path));
    }
    if (entry.kind === 'directory') meter.directories++;
    else meter.files++;
    meter.tick(entry.path);
  }
}
