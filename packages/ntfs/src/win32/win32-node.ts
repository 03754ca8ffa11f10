import {
  efsMetadataStream,
  factStreams,
  FileAttribute,
  fromFileTime,
  isWinbackError,
  leafOf,
  linkStream,
  MemoryStreams,
  decodeExtendedAttributes,
  SourceError,
  takePosixFacts,
  type FileEntry,
  type FileKind,
  type FileProblem,
  type FileTimes,
  type OpenedFile,
  type VolumeNode,
  type WinbackError,
} from '@winback/core';
import { kindOf, kindOfTag } from '../raw/reparse-kind.js';
import { BackupBytes } from './backup-bytes.js';
import type { ListedFile } from './directory-listing.js';
import { EncryptedStreams } from './encrypted-streams.js';
import { Access } from './ffi/constants.js';
import type { Handle } from './ffi/declarations.js';
import { failureOf, shown, sourceError } from './problems.js';
import { VolumeCalls } from './volume-calls.js';
import type { VolumeContext } from './volume-context.js';
import { Win32Error } from './win32-error.js';
import { Win32Streams } from './win32-streams.js';
import { WithFacts } from './with-facts.js';

/** An open folder that nodes are found in. */
export interface OpenFolder {
  readonly handle: Handle;
}

/** What tells that a file was changed. */
interface Stamp {
  readonly size: number;
  readonly lastWriteTime: bigint;
  readonly changeTime: bigint;
}

/** What a file or folder is, from its attributes and the tag of its reparse point. */
export function kindOfFile(attributes: number, tag: number): FileKind {
  const isDirectory = (attributes & FileAttribute.DIRECTORY) !== 0;
  if (attributes & FileAttribute.REPARSE_POINT) return kindOf(kindOfTag(tag, isDirectory));
  return isDirectory ? 'directory' : 'file';
}

/** A file of a volume of Windows: a name in an open folder. */
export class Win32Node implements VolumeNode {
  constructor(
    private readonly context: VolumeContext,
    readonly path: string,
    readonly kind: FileKind,
    private readonly folder: OpenFolder,
    /** '' stands for the folder itself. */
    private readonly name: string,
    private readonly shortName: string | undefined,
    /** What the folder's listing said, when it was listed. */
    private readonly listed?: ListedFile,
  ) {}

  facts(): FileEntry {
    const { listed, context } = this;
    if (!listed || (context.wideIds && this.kind !== 'directory'))
      return this.#withHandle(Access.READ_ATTRIBUTES, (handle) => this.#entry(handle));
    // How many names it has only the file itself knows: it is opened when somebody asks.
    const linkCount = (): number => this.#linkCount();
    return {
      ...entryOf(this.path, this.kind, listed, timesOf(listed), listed.fileId, 1, this.shortName),
      get linkCount() {
        return linkCount();
      },
    };
  }

  open(linkTo?: string): OpenedFile {
    if (linkTo !== undefined) return this.#openLink(linkTo);
    // Whether it is encrypted is known before it is opened, or found out.
    if (this.kind === 'file' && (this.listed?.attributes ?? 0) & FileAttribute.ENCRYPTED) return this.#openEncrypted();
    const { context, path } = this;
    const { files } = context;
    const handle = this.#openHandle(context.readAccess(true), context.readOptions);
    let buffer: Uint8Array<ArrayBuffer> | undefined;
    try {
      const entry = this.#entry(handle);
      if (this.kind === 'file' && entry.attributes & FileAttribute.ENCRYPTED) {
        files.close(handle);
        return this.#openEncrypted();
      }
      buffer = context.takeBuffer();
      const borrowed = buffer;
      let open = true;
      const close = (): void => {
        open = false;
        context.giveBack(borrowed);
        files.close(handle);
      };
      const problems: FileProblem[] = [];
      const efsMetadata = this.#folderMetadata(handle, entry, problems);
      const streams = new Win32Streams(new BackupBytes(files, handle), borrowed, close);
      const stamp = this.#stampOf(entry);
      return {
        entry: efsMetadata ? { ...entry, efsMetadata } : entry,
        streams: efsMetadata ? new WithFacts(streams, [{ ...efsMetadataStream(efsMetadata.length), data: efsMetadata }]) : streams,
        problems,
        changed: () => (open ? orChanged(() => this.#differs(handle, stamp)) : this.#changedByName(stamp)),
      };
    } catch (error) {
      if (buffer) context.giveBack(buffer);
      files.close(handle);
      throw sourceError(error, 'reading', path);
    }
  }

  /** Of a folder that encrypts what is put into it. */
  #folderMetadata(handle: Handle, { attributes }: FileEntry, problems: FileProblem[]): Uint8Array | undefined {
    const { context, path } = this;
    const { encryption, files } = context;
    if (!encryption || this.kind !== 'directory' || (attributes & FileAttribute.ENCRYPTED) === 0) return undefined;
    let metadata: Uint8Array | undefined;
    const failure = failureOf(() => {
      const found = encryption.readFolder(new VolumeCalls(files).finalPath(handle));
      if (!(found instanceof Uint8Array)) throw new Win32Error(found.call, found.error);
      metadata = found;
    });
    if (failure !== undefined) problems.push({ path, error: metadataError(failure, path), effect: 'incomplete' });
    return metadata;
  }

  /** BackupRead does not transport encrypted files: their facts are asked for one by one, the rest is for the raw encryption calls. */
  #openEncrypted(): OpenedFile {
    const { context, path } = this;
    const { encryption } = context;
    const problems: FileProblem[] = [];
    const tell = (error: SourceError): void => void problems.push({ path, error, effect: 'incomplete' });
    let nativePath = '';
    const entry = this.#withHandle(context.readAccess(false), (handle) => {
      const found = this.#entry(handle);
      if (encryption) nativePath = new VolumeCalls(context.files).finalPath(handle);
      const facts: { -readonly [K in keyof FileEntry]?: FileEntry[K] } = {};
      const read = (doing: string, action: () => void): void => {
        const error = failureOf(action);
        if (error !== undefined) tell(sourceError(error, doing, path));
      };
      read(
        'reading its security descriptor',
        () => (facts.securityDescriptor = context.facts.securityDescriptor(handle, context.withSacl)),
      );
      read('reading its object id', () => (facts.objectId = context.facts.objectId(handle)));
      read('reading its extended attributes', () => Object.assign(facts, attributesOf(context.facts.extendedAttributes(handle))));
      return { ...found, ...facts };
    });
    const stamp = this.#stampOf(entry);
    const changed = (): boolean => this.#changedByName(stamp);
    const facts = factStreams(entry);
    if (encryption) return { entry, streams: new EncryptedStreams(encryption, { path, nativePath, facts }, tell), problems, changed };
    const message = `${shown(path)}: is encrypted (EFS), its content is not kept`;
    tell(new SourceError('SOURCE_UNSUPPORTED', message, { path }, { hint: 'Decrypt it, or load a plugin that keeps encrypted files.' }));
    return { entry, streams: new MemoryStreams(facts), problems, changed };
  }

  #openLink(linkTo: string): OpenedFile {
    const entry = { ...this.#withHandle(Access.READ_ATTRIBUTES, (handle) => this.#entry(handle)), linkTo };
    const stamp = this.#stampOf(entry);
    return { entry, streams: new MemoryStreams([linkStream(linkTo)]), problems: [], changed: () => this.#changedByName(stamp) };
  }

  #openHandle(access: number, options = 0): Handle {
    try {
      return this.context.files.openIn(this.folder.handle, this.name, { access, options });
    } catch (error) {
      throw sourceError(error, 'opening', this.path);
    }
  }

  #withHandle<T>(access: number, body: (handle: Handle) => T): T {
    const handle = this.#openHandle(access);
    try {
      return body(handle);
    } catch (error) {
      throw sourceError(error, 'reading its facts', this.path);
    } finally {
      this.context.files.close(handle);
    }
  }

  /** What an open file says of itself. @throws SOURCE_VANISHED when it is another kind than what was listed */
  #entry(handle: Handle): FileEntry {
    const { files, wideIds } = this.context;
    const info = files.information(handle);
    const tag = info.attributes & FileAttribute.REPARSE_POINT ? files.attributeTag(handle).reparseTag : 0;
    const kind = kindOfFile(info.attributes, tag);
    if (kind !== this.kind) {
      throw new SourceError('SOURCE_VANISHED', `${shown(this.path)}: was a ${this.kind}, is now a ${kind}`, { path: this.path });
    }
    const id = wideIds ? files.wideId(handle) : info.index;
    return entryOf(this.path, kind, info, timesOf(files.basicInformation(handle)), id, info.linkCount, this.shortName);
  }

  #linkCount(): number {
    if (this.kind === 'directory') return 1;
    return this.#withHandle(Access.READ_ATTRIBUTES, (handle) => this.context.files.information(handle).linkCount);
  }

  #stampOf({ size, times }: FileEntry): Stamp {
    return { size, lastWriteTime: times.lastWrite, changeTime: times.change ?? 0n };
  }

  #changedByName(stamp: Stamp): boolean {
    return orChanged(() => this.#withHandle(Access.READ_ATTRIBUTES, (handle) => this.#differs(handle, stamp)));
  }

  #differs(handle: Handle, { size, lastWriteTime, changeTime }: Stamp): boolean {
    const found = this.#entry(handle);
    return found.size !== size || found.times.lastWrite !== lastWriteTime || found.times.change !== changeTime;
  }
}

const METADATA = 'reading for whom it encrypts what is put into it';

const metadataError = (failure: WinbackError, path: string): SourceError =>
  failure instanceof Win32Error
    ? sourceError(failure, METADATA, path)
    : new SourceError('SOURCE_UNREADABLE', `${shown(path)}: ${METADATA} failed: ${failure.message}`, { path }, { cause: failure });

/** Whether a file was changed; what cannot be asked any more is gone, or something else. */
function orChanged(ask: () => boolean): boolean {
  try {
    return ask();
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    return true;
  }
}

const timesOf = (info: Pick<ListedFile, 'creationTime' | 'lastAccessTime' | 'lastWriteTime' | 'changeTime'>): FileTimes => ({
  lastWrite: fromFileTime(info.lastWriteTime),
  lastAccess: fromFileTime(info.lastAccessTime),
  creation: fromFileTime(info.creationTime),
  change: info.changeTime === 0n ? undefined : fromFileTime(info.changeTime),
});

/** One shape for all files, so that what handles millions of them stays fast. */
function entryOf(
  path: string,
  kind: FileKind,
  { attributes, size }: { readonly attributes: number; readonly size: number },
  times: FileTimes,
  fileId: bigint | undefined,
  linkCount: number,
  shortName: string | undefined,
): FileEntry {
  return {
    path,
    kind,
    attributes,
    size: kind === 'file' || kind === 'reparse-point' ? size : 0,
    times,
    fileId,
    linkCount: kind === 'directory' ? 1 : linkCount,
    // On a volume without short names, and for names that are short themselves, it is the name.
    shortName: shortName === undefined || shortName === leafOf(path) ? undefined : shortName,
  };
}

function attributesOf(list: Uint8Array | undefined): Partial<FileEntry> {
  if (!list) return {};
  const { posix, others } = takePosixFacts(decodeExtendedAttributes(list));
  return { ...(posix ? { posix } : {}), ...(others.length > 0 ? { extendedAttributes: others } : {}) };
}
