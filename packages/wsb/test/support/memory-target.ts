import {
  BACKUP_TARGET_DRIVER,
  CatalogError,
  definePlugin,
  PLUGIN_API,
  type BackupCatalog,
  type BackupSetReader,
  type BackupSetWriter,
  type BackupStreamHeader,
  type BackupStreamSource,
  type BackupTarget,
  type BackupVersion,
  type FileEntry,
  type MaybePromise,
  type StoredFile,
  type StreamFault,
  type VolumeIdentity,
  type WinbackPlugin,
} from '@winback/core';

export interface KeptStream {
  readonly header: BackupStreamHeader;
  readonly data: Uint8Array;
}

export interface KeptFile {
  readonly volume: VolumeIdentity;
  readonly entry: FileEntry;
  readonly streams: KeptStream[];
  readonly faults: readonly StreamFault[];
}

export interface KeptSet {
  readonly files: KeptFile[];
  readonly catalog: BackupCatalog;
}

/** A target in memory, `mem:`, that answers at once or, like a network, with promises only. */
export class MemoryTarget implements BackupTarget {
  readonly uri = 'mem:';
  readonly capabilities = new Set<never>();
  localFiles: string[] = [];
  level: 'files' | 'blocks' = 'files';
  readonly damage = [];
  readonly sets: KeptSet[] = [];
  aborted = 0;
  closed = 0;
  /** Called with each file before it is kept; what it throws is the target's failure. */
  onAdd: (entry: FileEntry) => void = () => undefined;

  constructor(private readonly slow: boolean) {}

  get plugin(): WinbackPlugin {
    return definePlugin({
      name: 'memory',
      api: PLUGIN_API,
      register: (container) => {
        const probe = () => ({ available: true }) as const;
        const { level } = this;
        const driver = { scheme: 'mem', description: 'memory', level, probe, open: () => this.#answer(this) };
        container.register(BACKUP_TARGET_DRIVER, { useValue: driver });
      },
    });
  }

  #answer<T>(value: T): MaybePromise<T> {
    return this.slow ? Promise.resolve(value) : value;
  }

  #version(index: number): BackupVersion {
    const { catalog, files } = this.sets[index]!;
    const volumes = [...new Set(files.map((f) => f.volume.root))];
    const texts = { name: '', description: '', machine: '', user: '', software: '' };
    return { id: `v${index + 1}`, number: index + 1, time: 0n, ...texts, volumes, catalog, files: catalog.files, bytes: catalog.bytes };
  }

  versions(): MaybePromise<BackupVersion[]> {
    return this.#answer(this.sets.map((_, i) => this.#version(i)));
  }

  createSet(): MaybePromise<BackupSetWriter> {
    const files: KeptFile[] = [];
    let volume: VolumeIdentity | undefined;
    return this.#answer<BackupSetWriter>({
      bytesWritten: 0,
      beginVolume: (next) => {
        volume = next;
      },
      add: (entry, source) => {
        const keep = (): void => {
          this.onAdd(entry);
          files.push({ volume: volume!, entry, streams: drain(source), faults: source.faults });
        };
        if (this.slow) return Promise.resolve().then(keep);
        keep();
        return undefined;
      },
      commit: (catalog) => {
        this.sets.push({ files, catalog });
        return this.#answer(this.#version(this.sets.length - 1));
      },
      abort: () => {
        this.aborted++;
      },
    });
  }

  openSet(id: string): MaybePromise<BackupSetReader> {
    const index = id === 'latest' ? this.sets.length - 1 : Number(id.replace('v', '')) - 1;
    const set = this.sets[index];
    if (!set) throw new CatalogError('VERSION_NOT_FOUND', `no ${id}`);
    let next = 0;
    return this.#answer<BackupSetReader>({
      version: this.#version(index),
      damage: [],
      position: { at: 0, of: 0 },
      next: () => {
        const file = set.files[next++];
        return this.#answer(file ? this.#stored(file) : undefined);
      },
      close: () => undefined,
    });
  }

  #stored({ volume, entry, streams }: KeptFile): StoredFile {
    let stream = -1;
    let at = 0;
    return {
      volume,
      // What travels as streams is not known beforehand, as with real targets.
      entry: { ...entry, posix: undefined, reparseData: undefined, linkTarget: undefined, extendedAttributes: undefined },
      faults: [],
      streams: {
        next: () => {
          at = 0;
          return this.#answer(streams[++stream]?.header);
        },
        readInto: (buffer) => {
          const data = streams[stream]?.data ?? new Uint8Array(0);
          const n = Math.min(buffer.length, data.length - at, 1000);
          buffer.set(data.subarray(at, at + n));
          at += n;
          return this.#answer(n);
        },
      },
    };
  }

  deleteSets(): void {
    throw new TypeError('not used');
  }

  close(): void {
    this.closed++;
  }
}

function drain(source: BackupStreamSource): KeptStream[] {
  const streams: KeptStream[] = [];
  for (let header = source.next(); header; header = source.next()) {
    const data = new Uint8Array(header.length);
    let at = 0;
    for (let n = source.readInto(data); n > 0; n = source.readInto(data.subarray(at))) at += n;
    streams.push({ header, data });
  }
  return streams;
}
