import { CatalogError, UsageError, type BackupSetReader, type BackupTarget, type BackupVersion, type StoredFile } from '@winback/core';
import type { JobContext, OneFileSpec } from '../job/job.js';
import { displayPath } from '../job/volume-path.js';
import { withTarget } from '../target/open-target.js';
import { itemNotFound, Selection } from './selection.js';

/** Files that are passed by before whoever waits for something else has a turn. */
const PATIENCE = 512;

/** A file of a version, for as long as its target is open. */
export interface OneFile {
  readonly file: StoredFile;
  readonly version: BackupVersion;
  /** As the user knows it: with its volume in front. */
  readonly path: string;
}

/**
 * Opens one file of a version, without recovering it. Of a file with several names the streams are those of its first, which has them.
 * @throws VERSION_NOT_FOUND, ITEM_NOT_FOUND, USAGE (a folder; files of several volumes have this path), TARGET_*, INTERRUPTED
 */
export async function withOneFile<T>(
  { container, cancellation }: Pick<JobContext, 'container' | 'cancellation'>,
  { target: uri, version, item, nextMedia }: OneFileSpec,
  use: (found: OneFile) => Promise<T>,
): Promise<T> {
  return withTarget(container, uri, { mode: 'read', nextMedia, cancellation }, async (target) => {
    const search = new Search({ cancellation }, target, item);
    const found = await search.inVersion(version, use);
    if ('linkTo' in found) return search.firstSight(found, use);
    if ('damage' in found) throw await search.notFound(found);
    return found.value;
  });
}

/** A later name of a file: what it holds was kept with the first. */
interface LaterName {
  readonly linkTo: string;
  readonly root: string;
  readonly path: string;
  readonly version: string;
}

type Missing = Pick<BackupSetReader, 'version' | 'damage'>;

/** So many other versions are named where one does not have a file. */
const NAMED = 8;

class Search {
  readonly #selection: Selection;

  constructor(
    private readonly context: Pick<JobContext, 'cancellation'>,
    private readonly target: BackupTarget,
    private readonly item: string,
  ) {
    this.#selection = new Selection([item]);
  }

  async inVersion<T>(id: string, use: (found: OneFile) => Promise<T>): Promise<{ readonly value: T } | LaterName | Missing> {
    const wants = (volume: StoredFile['volume'], path: string): boolean => this.#selection.wants(volume, path);
    let reader = await this.target.openSet(id, { wants });
    try {
      const { version } = reader;
      if (version.volumes.length > 1) {
        await this.#assertOne(reader);
        await reader.close();
        reader = await this.target.openSet(version.id, { wants });
      }
      let isFolder = false;
      for await (const file of this.#files(reader)) {
        const { volume, entry } = file;
        if (!this.#selection.names(volume, entry.path)) isFolder ||= this.#selection.wants(volume, entry.path);
        else if (entry.kind === 'directory') isFolder = true;
        else {
          const path = displayPath(volume, entry.path);
          if (entry.linkTo !== undefined) return { linkTo: entry.linkTo, root: volume.root, path, version: version.id };
          return { value: await use({ file, version, path }) };
        }
      }
      if (isFolder) throw new UsageError(`${this.item} is a folder`, { item: this.item }, { hint: 'name one file of it' });
      return { version, damage: reader.damage };
    } finally {
      await reader.close();
    }
  }

  async firstSight<T>({ linkTo, root, path, version }: LaterName, use: (found: OneFile) => Promise<T>): Promise<T> {
    const isIt = (volume: StoredFile['volume'], at: string): boolean => volume.root === root && at === linkTo;
    const reader = await this.target.openSet(version, { wants: isIt });
    try {
      for await (const file of this.#files(reader)) {
        if (file.entry.linkTo === undefined && isIt(file.volume, file.entry.path))
          return await use({ file, version: reader.version, path });
      }
      const message = `${path}: its content was kept with ${linkTo}, which cannot be read from version ${version}`;
      throw new CatalogError('ITEM_NOT_FOUND', message, { item: this.item, version, first: linkTo });
    } finally {
      await reader.close();
    }
  }

  /** @throws USAGE when files of several volumes are meant */
  async #assertOne(reader: BackupSetReader): Promise<void> {
    const paths = new Set<string>();
    for await (const { volume, entry } of this.#files(reader)) {
      if (entry.kind !== 'directory' && this.#selection.names(volume, entry.path)) paths.add(displayPath(volume, entry.path));
    }
    if (paths.size <= 1) return;
    const message = `${this.item} may be any of ${[...paths].join(', ')} in version ${reader.version.id}`;
    throw new UsageError(message, { item: this.item, paths: [...paths] }, { hint: 'name it with its volume in front' });
  }

  async notFound({ version: { id: version }, damage: [damage] }: Missing): Promise<CatalogError> {
    const { item } = this;
    if (damage) {
      const message = `what can be read of version ${version} holds no ${item}; it is damaged: ${damage.error.message}`;
      const options = { hint: 'winback verify tells all damage', cause: damage.error };
      return new CatalogError('ITEM_NOT_FOUND', message, { item, version }, options);
    }
    const others = (await this.target.versions()).filter(({ id }) => id !== version).map(({ id }) => id);
    if (others.length === 0) return itemNotFound(item, version);
    const named = `${others.length > NAMED ? '… ' : ''}${others.slice(-NAMED).join(', ')}`;
    const hint = `--version takes another one: ${named}; winback get items lists what it holds`;
    return new CatalogError('ITEM_NOT_FOUND', `version ${version} holds no ${item}`, { item, version }, { hint });
  }

  async *#files(reader: BackupSetReader): AsyncGenerator<StoredFile, void, undefined> {
    for (let count = 1; ; count++) {
      this.context.cancellation.check();
      if (count % PATIENCE === 0) await new Promise(setImmediate);
      const next = reader.next();
      const file = next instanceof Promise ? await next : next;
      if (!file) return;
      yield file;
    }
  }
}
