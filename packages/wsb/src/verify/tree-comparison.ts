import {
  FactCollector,
  isFactStream,
  isRawEncrypted,
  isWinbackError,
  joinPath,
  parentOf,
  RecoveryError,
  StreamId,
  type BackupStreamHeader,
  type BackupTarget,
  type FileEntry,
  type OpenedFile,
  type StoredFile,
  type Volume,
} from '@winback/core';
import { locate } from '../backup/plan.js';
import { reportDamage } from '../catalog/report-damage.js';
import type { JobContext } from '../job/job.js';
import type { ProblemList } from '../job/problem-list.js';
import type { ProgressMeter } from '../job/progress-meter.js';
import { beginHandled, type Handled } from '../recovery/handled.js';
import { volumeFolders } from '../recovery/volume-folders.js';
import { firstDifference } from './compare-content.js';
import { factDifferences } from './compare-facts.js';
import { ContentReader, type AnyStreams } from './content-reader.js';

const BUFFER_SIZE = 256 * 1024;
const PROBE = new Uint8Array(1);

/** A file's facts and its contents, side by side with another's. */
interface Side {
  readonly streams: AnyStreams;
  readonly facts: FactCollector;
  /** A header taken from the streams and not used yet. */
  pending: BackupStreamHeader | undefined;
}

/** Compares a version with a folder that holds it: a recovery of it, or the original volume's root. */
export class TreeComparison {
  different = 0;
  /** Files of the version, for the count of what the folder has besides. */
  #matched = 0;
  /** Included paths: what is in the folder but not in the version is looked for below these. */
  readonly #tops: string[] = [];
  #base = '';
  readonly #handled: readonly Handled[];
  /** Where files stand that came back under another name. */
  readonly #renamed = new Set<string>();
  readonly #left = new Uint8Array(BUFFER_SIZE);
  readonly #right = new Uint8Array(BUFFER_SIZE);

  constructor(
    private readonly context: JobContext,
    private readonly problems: ProblemList,
    private readonly meter: ProgressMeter,
    private readonly folder: string,
  ) {
    this.#handled = beginHandled(context.container, {});
  }

  /** @returns the version's id */
  async run(target: BackupTarget, version: string): Promise<string> {
    const { driver, located } = locate(this.context.container, this.folder);
    using volume = driver.open(located.volume, located.volume.root);
    this.#base = located.path;
    const reader = await target.openSet(version);
    const folderOf = volumeFolders(reader.version.volumes);
    const implied = new Set<string>();
    try {
      for (;;) {
        this.context.cancellation.check();
        const next = reader.next();
        const file = next instanceof Promise ? await next : next;
        if (!file) break;
        const path = joinPath(folderOf(file.volume), file.entry.path);
        if (file.entry.implied) {
          implied.add(path);
          continue;
        }
        if (path === '' || implied.has(parentOf(path))) this.#tops.push(path);
        // The folder compared with stands for the volume's root: whose folder it is does not matter.
        if (path === '') continue;
        await this.#compareOne(volume, path, file, folderOf(file.volume));
        this.meter.tick(path);
      }
    } finally {
      await reader.close();
    }
    reportDamage(reader.damage, this.problems, target.uri);
    await this.#findExtras(volume, target, reader.version.id);
    return reader.version.id;
  }

  #differs(path: string, what: string): void {
    this.different++;
    const error = new RecoveryError('COMPARE_DIFFERENT', `${path}: ${what}`, { path });
    this.problems.add({ path, error, effect: 'incomplete' });
  }

  async #compareOne(volume: Volume, path: string, stored: StoredFile, prefix: string): Promise<void> {
    const found = await this.#find(volume, path, stored);
    if (!found) {
      await drainStored(stored);
      return;
    }
    const { opened, file } = found;
    try {
      this.#matched++;
      if (file.entry.kind === 'directory') this.meter.directories++;
      else this.meter.files++;
      const { linkTo } = file.entry;
      if (linkTo !== undefined) {
        const first = volume.node(joinPath(this.#base, joinPath(prefix, linkTo))).facts();
        if (first.fileId !== opened.entry.fileId) this.#differs(path, `is no hard link to ${linkTo}`);
        return;
      }
      const differences = await this.#compareStreams(file, { entry: opened.entry, streams: opened.streams });
      if (differences.length > 0) this.#differs(path, differences.join('; '));
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      // Damage is listed by the reader, with its place.
      if (error.code.startsWith('SOURCE_')) this.#differs(path, error.message);
      else if (!error.code.startsWith('FORMAT_')) throw error;
    } finally {
      opened.streams.close();
      for (const problem of opened.problems) this.problems.add({ ...problem, path });
    }
  }

  /** A file, and what was kept of it in the form that it has there. Undefined: that it cannot be compared is told. */
  async #find(
    volume: Volume,
    path: string,
    stored: StoredFile,
  ): Promise<{ opened: OpenedFile; file: Pick<StoredFile, 'entry' | 'streams'> } | undefined> {
    const { entry, streams } = stored;
    const handler = entry.linkTo === undefined ? this.#handled.find(({ mask }) => (entry.attributes & mask) !== 0) : undefined;
    const open = (at: string): OpenedFile => volume.node(joinPath(this.#base, at)).open();
    try {
      if (!handler) return { opened: open(path), file: stored };
      const opened = unlessMissing(() => open(path));
      if (opened && (opened.entry.attributes & handler.mask) === 0) {
        opened.streams.close();
        this.#matched++;
        this.#differs(path, 'is encrypted in the version and not in the folder: their content cannot be compared');
        return undefined;
      }
      const form = volume.capabilities.has('raw-encrypted-files') ? 'raw-encrypted-files' : 'encrypted-files';
      const converted = await handler.recovery.convert({ ...entry, path }, streams, new Set(opened ? [form] : []));
      const file = converted ?? stored;
      if (opened) return { opened, file };
      const renamed = file.entry.path;
      this.#renamed.add(renamed);
      return { opened: open(converted ? renamed : path), file };
    } catch (error) {
      if (!isWinbackError(error) || !(error.code.startsWith('SOURCE_') || error.code.startsWith('FORMAT_'))) throw error;
      // Damage is listed by the reader, with its place.
      if (error.code.startsWith('SOURCE_')) this.#differs(path, error.code === 'SOURCE_NOT_FOUND' ? 'is missing' : error.message);
      return undefined;
    }
  }

  async #compareStreams(file: Pick<StoredFile, 'entry' | 'streams'>, found: { entry: FileEntry; streams: AnyStreams }): Promise<string[]> {
    const stored: Side = { streams: file.streams, facts: new FactCollector(file.entry), pending: undefined };
    const present: Side = { streams: found.streams, facts: new FactCollector(found.entry), pending: undefined };
    const differences: string[] = [];
    for (;;) {
      const [a, b] = [await nextContent(stored), await nextContent(present)];
      if (!a || !b) {
        const extra = a ?? b;
        if (extra) differences.push(`stream ${extra.name ?? 'of data'} ${a ? 'is missing' : 'was not there'}`);
        if (a) await drain(stored);
        break;
      }
      if (a.name !== b.name) {
        differences.push(`stream ${b.name ?? 'of data'} stands where ${a.name ?? 'data'} was`);
        await drain(stored);
        break;
      }
      const [left, right] = [new ContentReader(stored.streams, a, this.#left), new ContentReader(present.streams, b, this.#right)];
      const at = await firstDifference(left, right);
      if (at !== undefined) differences.push(`content differs from byte ${at} on`);
      stored.pending = left.following;
      present.pending = right.following;
      this.meter.bytes += file.entry.size;
    }
    return [...factDifferences(stored.facts.entry, present.facts.entry), ...differences];
  }

  /** What the folder holds below the included paths and the version does not. Names are looked up only when the counts differ. */
  async #findExtras(volume: Volume, target: BackupTarget, version: string): Promise<void> {
    let found = 0;
    for (const path of this.#walk(volume)) if (path !== '') found++;
    if (found === this.#matched) return;
    const known = new Set<string>();
    const reader = await target.openSet(version);
    const folderOf = volumeFolders(reader.version.volumes);
    try {
      for (let file = await reader.next(); file; file = await reader.next()) known.add(joinPath(folderOf(file.volume), file.entry.path));
    } finally {
      await reader.close();
    }
    for (const path of this.#walk(volume))
      if (path !== '' && !known.has(path) && !this.#renamed.has(path)) this.#differs(path, 'is not in the version');
  }

  *#walk(volume: Volume): Generator<string> {
    for (const top of this.#tops) {
      const from = joinPath(this.#base, top);
      try {
        for (const batch of volume.walk(from)) {
          this.context.cancellation.check();
          for (const { path } of batch.nodes) yield this.#base === '' ? path : path.slice(this.#base.length + 1);
        }
      } catch (error) {
        // A missing top was listed already.
        if (!isWinbackError(error, 'SOURCE_NOT_FOUND')) throw error;
      }
    }
  }
}

function unlessMissing<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (isWinbackError(error, 'SOURCE_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** Collects facts up to the next stream of content. */
async function nextContent(side: Side): Promise<BackupStreamHeader | undefined> {
  for (;;) {
    const header = side.pending ?? (await side.streams.next());
    side.pending = undefined;
    if (!header) return undefined;
    const { kind } = side.facts.entry;
    // Of a reparse point no content and no bytes of content are the same.
    if (header.id === StreamId.DATA && kind === 'reparse-point' && header.length === 0 && header.attributes === 0) continue;
    if (header.id === StreamId.DATA || header.id === StreamId.ALTERNATE_DATA || isRawEncrypted(header)) return header;
    if (!isFactStream(header)) continue;
    const data = FactCollector.buffer(header);
    let at = 0;
    while (at < data.length) {
      const n = await side.streams.readInto(data.subarray(at));
      if (n === 0) break;
      at += n;
    }
    // One more read: checksums are checked when a stream has been read to its end.
    await side.streams.readInto(PROBE);
    side.facts.add(header, data);
  }
}

/** Reads a file that is compared with nothing. Damage is listed by the reader, with its place. */
async function drainStored(file: StoredFile): Promise<void> {
  try {
    await drain({ streams: file.streams, facts: new FactCollector(file.entry), pending: undefined });
  } catch (error) {
    if (!isWinbackError(error) || !error.code.startsWith('FORMAT_')) throw error;
  }
}

/** Reads what is left, so that its checksums are checked. */
async function drain(side: Side): Promise<void> {
  const buffer = new Uint8Array(BUFFER_SIZE);
  do {
    while ((await side.streams.readInto(buffer)) > 0);
  } while (await side.streams.next());
}
