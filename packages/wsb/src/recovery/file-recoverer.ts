import {
  isContentStream,
  isWinbackError,
  joinPath,
  RecoveryError,
  type BackupSetReader,
  type BackupStreamHeader,
  type ConvertedFile,
  type FileRecovery,
  type StoredFile,
  type StoredStreams,
  type VolumeIdentity,
  type VolumeRecovery,
} from '@winback/core';
import type { JobContext } from '../job/job.js';
import type { ProblemList } from '../job/problem-list.js';
import type { ProgressMeter } from '../job/progress-meter.js';
import type { RecoveredHives } from '../registry/recovered-hives.js';
import type { Handled } from './handled.js';

/** Small enough to stay in the processor's cache between reading, checking and writing. */
const BUFFER_SIZE = 512 * 1024;
/** Errors after which every further file would fail too. */
const FATAL = new Set(['ENOSPC', 'EDQUOT', 'EROFS']);

export interface RecovererParts {
  readonly context: JobContext;
  readonly problems: ProblemList;
  readonly meter: ProgressMeter;
  readonly folder: VolumeRecovery;
  /** Folder below the recovery target for the files of a volume. */
  readonly folderOf: (volume: VolumeIdentity) => string;
  readonly reader: BackupSetReader;
  readonly hives?: RecoveredHives | undefined;
  /** Whether a volume is recovered whole, and not chosen files of it. */
  readonly isWhole?: (volume: VolumeIdentity) => boolean;
  /** Files of special kinds come back in the form that the volume can take. */
  readonly handled?: readonly Handled[];
}

/** Writes stored files to a recovery folder, one after another. */
export class FileRecoverer {
  skipped = 0;
  /** Links whose first sight has not been recovered: path of the first sight → paths waiting for it. */
  readonly orphans = new Map<string, StoredFile['entry'][]>();
  readonly #buffer = new Uint8Array(BUFFER_SIZE);
  /** Where files with several names were recovered, so that the other names can be linked to them. */
  readonly #recovered = new Map<string, string>();

  constructor(private readonly parts: RecovererParts) {}

  /** Recovers one file. A promise only where the target is asynchronous. */
  recover(file: StoredFile): Promise<void> | undefined {
    const prefix = this.parts.folderOf(file.volume);
    const entry = { ...file.entry, path: joinPath(prefix, file.entry.path) };
    if (entry.linkTo === undefined) return this.#restore(entry, file);
    const first = joinPath(prefix, entry.linkTo);
    const recoveredAs = this.#recovered.get(first);
    if (recoveredAs !== undefined) return this.#restore({ ...entry, linkTo: recoveredAs }, file);
    this.orphans.set(first, [...(this.orphans.get(first) ?? []), entry]);
    return undefined;
  }

  /** Whether a link waits for a file's content. */
  readonly isAwaited = (volume: VolumeIdentity, path: string): boolean => this.orphans.has(joinPath(this.parts.folderOf(volume), path));

  /** Second pass: gives a waiting link the content of its first sight, and links the others to it. */
  adopt(file: StoredFile): Promise<void> | undefined {
    if (file.entry.kind === 'directory') return undefined; // folders have one name
    const path = joinPath(this.parts.folderOf(file.volume), file.entry.path);
    const waiting = this.orphans.get(path);
    const [adopter, ...others] = waiting ?? [];
    if (!adopter) return undefined;
    this.orphans.delete(path);
    return (async () => {
      await this.#restore({ ...file.entry, path: adopter.path }, file);
      const recoveredAs = this.#recovered.get(adopter.path);
      for (const other of others) {
        if (recoveredAs !== undefined) await this.#restore({ ...other, linkTo: recoveredAs }, undefined);
      }
    })();
  }

  /** Links that stay without content: their first sight is not in the set, or damaged. */
  reportOrphans(): void {
    for (const [first, entries] of this.orphans) {
      for (const { path } of entries) {
        const message = `${path}: its content was kept with ${first}, which cannot be read from this set`;
        this.parts.problems.damaged = true;
        this.parts.problems.add({ path, error: new RecoveryError('RECOVERY_DAMAGED', message, { path, first }), effect: 'skipped' });
      }
    }
    this.orphans.clear();
  }

  #restore(entry: StoredFile['entry'], file: StoredFile | undefined): Promise<void> | undefined {
    let converted: ConvertedFile | undefined | Promise<ConvertedFile | undefined>;
    try {
      converted = file && this.#convert(entry, file);
    } catch (error) {
      this.#fail(entry.path, error);
      return undefined;
    }
    if (!(converted instanceof Promise)) return this.#write(entry, file, converted);
    return converted.then(
      (ready) => this.#write(entry, file, ready),
      (error: unknown) => {
        this.#fail(entry.path, error);
      },
    );
  }

  #convert(entry: StoredFile['entry'], { streams }: StoredFile): ReturnType<Handled['recovery']['convert']> {
    const { handled = [], folder } = this.parts;
    if (entry.linkTo !== undefined) return undefined;
    return handled.find(({ mask }) => (entry.attributes & mask) !== 0)?.recovery.convert(entry, streams, folder.capabilities);
  }

  #write(entry: StoredFile['entry'], file: StoredFile | undefined, converted: ConvertedFile | undefined): Promise<void> | undefined {
    const { folder, problems } = this.parts;
    const made = converted?.entry ?? entry;
    let recovery: FileRecovery | undefined;
    try {
      this.parts.hives?.before(made.path);
      recovery = folder.create(made);
    } catch (error) {
      this.#fail(entry.path, error);
      return undefined;
    }
    if (!recovery) {
      if (entry.kind === 'directory') return undefined;
      this.skipped++;
      if (entry.linkCount > 1) this.#recovered.set(entry.path, made.path);
      return undefined;
    }
    const current = recovery;
    try {
      const waiting = file ? this.#pump(converted?.streams ?? file.streams, current, entry.path) : undefined;
      if (!waiting) {
        this.#commit(entry, current, file, converted);
        return undefined;
      }
      return waiting.then(
        () => {
          this.#commit(entry, current, file, converted);
        },
        (error: unknown) => {
          current.abort();
          this.#fail(entry.path, error);
        },
      );
    } catch (error) {
      current.abort();
      this.#fail(entry.path, error);
      return undefined;
    } finally {
      for (const fault of file?.faults ?? []) {
        const error = new RecoveryError(
          'RECOVERY_DAMAGED',
          `${entry.path}: ${fault}`,
          { path: entry.path },
          { hint: 'the backup could not read these bytes when it was made' },
        );
        problems.add({ path: entry.path, error, effect: 'incomplete' });
      }
    }
  }

  #commit(entry: StoredFile['entry'], recovery: FileRecovery, file: StoredFile | undefined, converted: ConvertedFile | undefined): void {
    const { problems, meter, hives, isWhole } = this.parts;
    const done = recovery.commit();
    if (file) hives?.after(converted?.entry.path ?? entry.path, done.recoveredAs, isWhole?.(file.volume) ?? false);
    for (const problem of converted?.problems ?? []) {
      problems.damaged ||= problem.error.code === 'RECOVERY_DAMAGED';
      problems.add(problem);
    }
    for (const problem of done.problems) problems.add(problem);
    if (entry.kind !== 'directory' && entry.linkCount > 1 && entry.linkTo === undefined) this.#recovered.set(entry.path, done.recoveredAs);
    if (entry.kind === 'directory') meter.directories++;
    else meter.files++;
    meter.tick(entry.path);
  }

  /** A problem of this one file is listed; anything else ends the job. */
  #fail(path: string, error: unknown): void {
    const { problems } = this.parts;
    if (!isWinbackError(error)) throw error;
    if (error.code.startsWith('FORMAT_')) {
      problems.damaged = true;
      // The reader lists what it found damaged itself, with its place; here the consequence is told.
      const lost = new RecoveryError(
        'RECOVERY_DAMAGED',
        `${path}: not recovered: ${error.message}`,
        { path, ...error.details },
        { cause: error },
      );
      problems.add({ path, error: lost, effect: 'skipped' });
    } else if (error.code.startsWith('RECOVERY_') && !FATAL.has(String(error.details['name'])))
      problems.add({ path, error, effect: 'skipped' });
    else throw error;
  }

  /** Moves all streams of a file. Synchronous as long as the target is. */
  #pump(streams: StoredStreams, recovery: FileRecovery, path: string): Promise<void> | undefined {
    for (;;) {
      const next = streams.next();
      if (next instanceof Promise) return this.#pumpSlowly(next, streams, recovery, path);
      if (!next) return undefined;
      // What the volume cannot hold it names when the file is committed.
      if (recovery.begin(next) === 'unsupported') continue;
      for (;;) {
        const n = streams.readInto(this.#buffer);
        if (n instanceof Promise) return this.#pumpSlowly(next, streams, recovery, path, n);
        if (n === 0) break;
        this.#took(n, next, path);
        recovery.write(this.#buffer.subarray(0, n));
      }
    }
  }

  async #pumpSlowly(
    header: BackupStreamHeader | undefined | Promise<BackupStreamHeader | undefined>,
    streams: StoredStreams,
    recovery: FileRecovery,
    path: string,
    pending?: Promise<number>,
  ): Promise<void> {
    let begun = pending !== undefined;
    let read: number | Promise<number> | undefined = pending;
    for (let stream = await header; stream; stream = await streams.next(), begun = false) {
      if (!begun && recovery.begin(stream) === 'unsupported') continue;
      for (;;) {
        const n = await (read ?? streams.readInto(this.#buffer));
        read = undefined;
        if (n === 0) break;
        this.#took(n, stream, path);
        recovery.write(this.#buffer.subarray(0, n));
      }
    }
  }

  #took(n: number, stream: BackupStreamHeader, path: string): void {
    const { meter, context } = this.parts;
    if (isContentStream(stream)) meter.bytes += n;
    if (n < 65_536) return;
    context.cancellation.check();
    meter.look(path);
  }
}
