import { basename, dirname } from 'node:path';
import {
  EfsError,
  FileAttribute,
  isWinbackError,
  RecoveryError,
  type Clock,
  type FileEntry,
  type OpenedFile,
  type OverwriteMode,
  type StoredStreams,
  type Volume,
  type VolumeDriver,
  type VolumeRecovery,
} from '@winback/core';
import { itemsOfRaw, itemsOfVolume, rawOf, volumeStreamsOf } from '../content/forms.js';
import { MAIN_STREAM, type Item, type Items } from '../content/item.js';
import { unitShifts } from '../content/volume-reader.js';
import type { ReadBytes } from '../flow/byte-feed.js';
import { Produced, settle, wait, type Steps } from '../flow/steps.js';
import type { RawPiece } from '../raw/raw-writer.js';
import { RawFlag, type RawFile, type RawFileBackend } from './raw-file.js';
import { recoverStreams } from './recover-streams.js';

/** Encrypted files of volumes that Winback's drivers serve: of an NTFS volume mounted by ntfs-3g with the option efs_raw. */
export class VolumeBackend implements RawFileBackend {
  constructor(
    private readonly drivers: readonly VolumeDriver[],
    private readonly clock: Clock,
  ) {}

  open(path: string, flags: number): RawFile {
    return (flags & RawFlag.CREATE_FOR_IMPORT) === 0 ? this.#export(path, flags) : this.#import(path, flags);
  }

  #export(path: string, flags: number): RawFile {
    const { driver, located } = locateOn(this.drivers, path);
    const volume = driver.open(located.volume, located.volume.root);
    try {
      return new VolumeExport(volume, located.path, path, (flags & RawFlag.EFS_DROP_ALTERNATE_STREAMS) !== 0);
    } catch (error) {
      volume[Symbol.dispose]();
      throw error;
    }
  }

  #import(path: string, flags: number): RawFile {
    const { driver } = locateOn(this.drivers, dirname(path));
    if ((flags & RawFlag.OVERWRITE_HIDDEN) === 0) this.#refuseHidden(path);
    const isFolder = (flags & RawFlag.CREATE_FOR_DIR) !== 0;
    const now = this.clock.now();
    const entry: FileEntry = {
      path: basename(path),
      kind: isFolder ? 'directory' : 'file',
      attributes: FileAttribute.ENCRYPTED | (isFolder ? FileAttribute.DIRECTORY : FileAttribute.ARCHIVE),
      size: 0,
      times: { lastWrite: now, lastAccess: now, creation: now },
      linkCount: 1,
    };
    return new VolumeImport(openRecovery(driver, dirname(path)), entry, path);
  }

  #refuseHidden(path: string): void {
    const opened = ifThere(() => {
      const { driver, located } = locateOn(this.drivers, path);
      using volume = driver.open(located.volume, located.volume.root);
      return volume.node(located.path).facts();
    });
    if (opened && (opened.attributes & FileAttribute.HIDDEN) !== 0)
      throw new RecoveryError(
        'RECOVERY_EXISTS',
        `${path}: a hidden file stands there`,
        { path },
        { hint: 'Allow hidden files to be replaced.' },
      );
  }
}

/** The driver of the highest priority that serves a path, and where that is. @throws SOURCE_NOT_FOUND, EFS_UNSUPPORTED */
export function locateOn(
  drivers: readonly VolumeDriver[],
  path: string,
): { driver: VolumeDriver; located: NonNullable<ReturnType<VolumeDriver['locate']>> } {
  for (const driver of [...drivers].sort((a, b) => b.priority - a.priority)) {
    const located = driver.probe().available ? driver.locate(path) : undefined;
    if (located) return { driver, located };
  }
  throw new EfsError('EFS_UNSUPPORTED', `${path}: no volume driver serves it`, { path });
}

/** A folder that encrypted files can be put into. @throws EFS_UNSUPPORTED */
export function openRecovery(driver: VolumeDriver, folder: string, overwrite: OverwriteMode = 'overwrite'): VolumeRecovery {
  const recovery = driver.openRecovery(folder, { overwrite });
  if (recovery.capabilities.has('encrypted-files')) return recovery;
  recovery[Symbol.dispose]();
  throw new EfsError(
    'EFS_UNSUPPORTED',
    `${folder}: its volume takes no encrypted files`,
    { path: folder },
    { hint: 'On Linux, mount an NTFS volume with -o efs_raw. Elsewhere name a file that ends in .efsraw.' },
  );
}

function ifThere<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (isWinbackError(error, 'SOURCE_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** Volumes answer at once. */
const now = <T>(value: T | Promise<T>): T => {
  if (value instanceof Promise) throw new TypeError('a volume made its reader wait');
  return value;
};

class VolumeExport implements RawFile {
  readonly #opened: OpenedFile;
  readonly #raw: Produced<RawPiece>;

  constructor(
    private readonly volume: Volume,
    at: string,
    private readonly path: string,
    dropAlternates: boolean,
  ) {
    const first = volume.node(at).open();
    let shifts;
    try {
      if (!first.entry.efsMetadata)
        throw new EfsError('EFS_UNSUPPORTED', `${path}: is not encrypted, or its keys cannot be read`, { path });
      shifts = now(settle(unitShifts(first.streams)));
    } finally {
      first.streams.close();
    }
    this.#opened = volume.node(at).open();
    const items = itemsOfVolume(this.#opened.streams, { unitShifts: shifts });
    this.#raw = rawOf(dropAlternates ? new Produced(mainStream(items)) : items);
  }

  next(): Uint8Array | undefined {
    const piece = now(this.#raw.next());
    const [fault] = this.#opened.streams.faults;
    if (fault) throw new EfsError('EFS_IO', `${this.path}: ${fault.message}`, { path: this.path, offset: fault.offset });
    return piece?.bytes;
  }

  close(): void {
    this.#opened.streams.close();
    this.volume[Symbol.dispose]();
  }
}

function* mainStream(items: Items): Steps<Item> {
  let wanted = true;
  for (let item = yield* wait(items.next()); item; item = yield* wait(items.next())) {
    if (item.type === 'stream') wanted = item.name === MAIN_STREAM;
    if (wanted || item.type === 'metadata') yield item;
  }
}

class VolumeImport implements RawFile {
  #done = false;

  constructor(
    private readonly recovery: VolumeRecovery,
    private readonly entry: FileEntry,
    private readonly path: string,
  ) {}

  async import(read: ReadBytes): Promise<void> {
    if (this.#done) throw new EfsError('EFS_IO', `${this.path}: was imported already`, { path: this.path });
    this.#done = true;
    await recoverStreams(this.recovery, this.entry, importStreams(read, this.path), this.path);
  }

  close(): void {
    this.recovery[Symbol.dispose]();
  }
}

/** What is damaged is not imported: nobody could tell afterwards. */
function importStreams(read: ReadBytes, path: string): StoredStreams {
  return volumeStreamsOf(itemsOfRaw(read), (stream, begin, end, reason) => {
    const where = end > begin ? `bytes ${begin} to ${end - 1}` : `what follows byte ${begin}`;
    throw new EfsError(
      'EFS_DAMAGED',
      `${path}: ${where} of ${stream} cannot be read: ${reason.message}`,
      { path, stream, begin, end },
      { cause: reason },
    );
  });
}
