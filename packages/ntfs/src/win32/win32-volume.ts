import {
  FileAttribute,
  joinPath,
  leafOf,
  parentOf,
  ReparseDataBuffer,
  ReparseTag,
  SourceError,
  type FileProblem,
  type Volume,
  type VolumeCapability,
  type VolumeIdentity,
  type VolumeNode,
  type WalkBatch,
  type WalkFilter,
} from '@winback/core';
import { KindCode, kindOfTag } from '../raw/reparse-kind.js';
import { capabilitiesOf, type VolumeTools } from './capabilities.js';
import { DirectoryListing } from './directory-listing.js';
import { Access, CreateOption } from './ffi/constants.js';
import type { Handle } from './ffi/declarations.js';
import { MountPointReparse } from './layouts/nt.layout.js';
import { failureOf, isNoSuchPath, shown, sourceError, win32Of } from './problems.js';
import { VolumeCalls } from './volume-calls.js';
import { VolumeContext } from './volume-context.js';
import { narrow } from './wide-text.js';
import { kindOfFile, Win32Node, type OpenFolder } from './win32-node.js';
import { nativeRoot, sourceParts } from './windows-path.js';

/** Nodes in a batch: enough to spread what a batch costs, few enough to stay in the cache. */
const BATCH = 512;
const LIST = Access.READ_DATA | Access.READ_ATTRIBUTES;

/** A folder on the way down, open, with the names of its subfolders still to come. */
interface Level {
  readonly path: string;
  readonly handle: Handle;
  readonly folders: readonly FolderName[];
  next: number;
}

interface FolderName {
  readonly name: string;
  readonly shortName: string | undefined;
}

/** A live volume of Windows, or a snapshot of one, read through handles: no path is resolved twice, no reparse point ever followed. */
export class Win32Volume implements Volume {
  readonly capabilities: ReadonlySet<VolumeCapability>;
  readonly #context: VolumeContext;
  readonly #root: Handle;
  /** The folder of the last {@link node}. */
  #cached: { readonly path: string; readonly handle: Handle } | undefined;
  #notes: FileProblem[];

  /** @throws SOURCE_NOT_FOUND, SOURCE_UNREADABLE */
  constructor(
    tools: VolumeTools,
    readonly identity: VolumeIdentity,
    root: string,
  ) {
    this.#context = new VolumeContext(tools, identity.fileSystem === 'ReFS');
    const { files } = this.#context;
    const native = nativeRoot(root);
    try {
      this.capabilities = capabilitiesOf(new VolumeCalls(files), native, 'read', tools);
      this.#root = files.openPath(native, LIST, true);
    } catch (error) {
      const cause = win32Of(error);
      const code = isNoSuchPath(cause) ? 'SOURCE_NOT_FOUND' : 'SOURCE_UNREADABLE';
      throw new SourceError(code, `the volume ${root} cannot be opened: ${cause.message}`, { path: root, ...cause.details }, { cause });
    }
    this.#notes = this.#context.privileges.missing.map(({ privilege, name, reason }) => ({
      path: '',
      error: new SourceError(
        'SOURCE_UNREADABLE',
        `${privilege}: ${reason}; ${privilege === 'SeSecurityPrivilege' ? 'what is to be audited (SACLs) is not kept' : 'files of others may not be readable'}`,
        { path: '', privilege, name },
        { hint: 'Run it as an administrator or backup operator, from an elevated prompt.' },
      ),
      effect: 'note',
    }));
  }

  [Symbol.dispose](): void {
    const { files } = this.#context;
    if (this.#cached) files.close(this.#cached.handle);
    this.#cached = undefined;
    files.close(this.#root);
  }

  node(path: string): VolumeNode {
    const parts = sourceParts(path);
    const folder = parts.length === 0 ? { handle: this.#root } : this.#lateFolder(parentOf(path));
    const { kind, shortName } = this.#find(folder.handle, leafOf(path), path);
    return new Win32Node(this.#context, path, kind, folder, leafOf(path), shortName);
  }

  *walk(path: string, keep: WalkFilter = () => true): Generator<WalkBatch, void, undefined> {
    const above = sourceParts(path).length === 0 ? this.#root : this.#openFolder(parentOf(path));
    const levels: Level[] = [];
    try {
      const name = leafOf(path);
      const { kind, shortName } = this.#find(above, name, path);
      if (kind === 'directory') yield* this.#walkFrom(levels, above, { name, shortName }, path, keep);
      else {
        const node = new Win32Node(this.#context, path, kind, { handle: above }, name, shortName);
        yield { directory: parentOf(path), nodes: [node], problems: this.#takeNotes() };
      }
    } finally {
      for (const { handle } of levels) this.#context.files.close(handle);
      if (above !== this.#root) this.#context.files.close(above);
    }
  }

  *#walkFrom(levels: Level[], above: Handle, start: FolderName, from: string, keep: WalkFilter): Generator<WalkBatch, void, undefined> {
    let [folder, current, path] = [above, start, from];
    for (;;) {
      const entered = this.#enter(folder, current, path);
      if ('nodes' in entered) yield entered;
      else {
        const level: Level = { path, handle: entered.handle, folders: foldersOf(entered.listing), next: 0 };
        levels.push(level);
        yield* this.#batches(entered.handle, entered.listing, current, path, keep);
      }
      // On to the next subfolder, of this folder or of the nearest above that has one left.
      for (let found = false; !found;) {
        const level = levels.at(-1);
        if (!level) return;
        const next = level.folders[level.next++];
        if (!next) {
          this.#context.files.close(level.handle);
          levels.pop();
          continue;
        }
        current = next;
        path = joinPath(level.path, next.name);
        folder = level.handle;
        found = keep(path, 'directory');
      }
    }
  }

  /** Opens and lists a folder; a batch that says so where that cannot or must not be. */
  #enter(
    folder: Handle,
    { name, shortName }: FolderName,
    path: string,
  ): { readonly handle: Handle; readonly listing: DirectoryListing } | WalkBatch {
    const { files } = this.#context;
    const alone = (problems: readonly FileProblem[]): WalkBatch => {
      const node = new Win32Node(this.#context, path, 'directory', { handle: folder }, name, shortName);
      return { directory: path, nodes: [node], problems: [...this.#takeNotes(), ...problems] };
    };
    let handle: Handle | undefined;
    let note: FileProblem | undefined;
    const failure = failureOf(() => {
      handle = files.openIn(folder, name, { access: LIST, options: CreateOption.DIRECTORY_FILE });
      const { fileAttributes, reparseTag } = files.attributeTag(handle);
      const isMountPoint = fileAttributes & FileAttribute.REPARSE_POINT && kindOfTag(reparseTag, true) === KindCode.MOUNT_POINT;
      if (!isMountPoint) return;
      note = this.#otherVolume(handle, reparseTag, path);
      files.close(handle);
      handle = undefined;
    });
    if (failure !== undefined) {
      if (handle !== undefined) files.close(handle);
      const error = sourceError(failure, 'opening the folder', path);
      const problem: FileProblem = { path, error, effect: 'skipped' };
      return error.code === 'SOURCE_VANISHED' ? { directory: path, nodes: [], problems: [problem] } : alone([problem]);
    }
    if (handle === undefined) return alone(note ? [note] : []);
    return { handle, listing: new DirectoryListing(files, handle) };
  }

  /** A note for a folder on which another volume is mounted; a junction to a folder needs none. */
  #otherVolume(handle: Handle, tag: number, path: string): FileProblem | undefined {
    if (tag !== ReparseTag.MOUNT_POINT) return undefined;
    if (!/^\\\?\?\\Volume\{/i.test(mountTarget(this.#context.facts.reparseData(handle)))) return undefined;
    const message = `${shown(path)}: mount point of another volume, not included`;
    const error = new SourceError('SOURCE_OTHER_VOLUME', message, { path }, { hint: 'Name it with --include to back it up too.' });
    return { path, error, effect: 'note' };
  }

  /** The folder itself and its files. */
  *#batches(
    handle: Handle,
    listing: DirectoryListing,
    self: FolderName,
    path: string,
    keep: WalkFilter,
  ): Generator<WalkBatch, void, undefined> {
    const folder: OpenFolder = { handle };
    let problems = this.#takeNotes();
    if (listing.error) problems.push({ path, error: sourceError(listing.error, 'listing the folder', path), effect: 'skipped' });
    let nodes = [new Win32Node(this.#context, path, 'directory', folder, '', self.shortName)];
    for (let i = 0; i < listing.length; i++) {
      const kind = kindOfFile(listing.attributes(i), listing.tag(i));
      if (kind === 'directory') continue;
      const name = listing.name(i);
      const filePath = joinPath(path, name);
      if (!keep(filePath, kind)) continue;
      const listed = listing.file(i);
      nodes.push(new Win32Node(this.#context, filePath, kind, folder, name, listed.shortName, listed));
      if (nodes.length === BATCH) {
        yield { directory: path, nodes, problems };
        [nodes, problems] = [[], []];
      }
    }
    if (nodes.length > 0 || problems.length > 0) yield { directory: path, nodes, problems };
  }

  /** What a name in an open folder is. @throws SOURCE_NOT_FOUND */
  #find(folder: Handle, name: string, path: string) {
    const { files } = this.#context;
    const handle = this.#orNotFound(path, () => files.openIn(folder, name, { access: Access.READ_ATTRIBUTES }));
    try {
      const { fileAttributes, reparseTag } = files.attributeTag(handle);
      return { kind: kindOfFile(fileAttributes, reparseTag), shortName: name === '' ? undefined : files.shortName(handle) };
    } catch (error) {
      throw sourceError(error, 'finding it', path);
    } finally {
      files.close(handle);
    }
  }

  #orNotFound<T>(path: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      const cause = win32Of(error);
      if (!isNoSuchPath(cause)) throw sourceError(cause, 'finding it', path);
      const message = `${shown(path)}: there is no such file or folder on the volume ${this.identity.root}`;
      throw new SourceError('SOURCE_NOT_FOUND', message, { path, ...cause.details }, { cause });
    }
  }

  /** Opens a folder by its path, one part after the other, never through a reparse point that leads elsewhere. */
  #openFolder(path: string): Handle {
    const { files } = this.#context;
    let handle = this.#orNotFound(path, () => files.openIn(this.#root, '', { access: LIST }));
    for (const part of sourceParts(path)) {
      const above = handle;
      try {
        handle = this.#orNotFound(path, () => files.openIn(above, part, { access: LIST, options: CreateOption.DIRECTORY_FILE }));
      } finally {
        files.close(above);
      }
      const { fileAttributes, reparseTag } = files.attributeTag(handle);
      if (kindOfFile(fileAttributes, reparseTag) === 'directory' && !leadsElsewhere(fileAttributes, reparseTag)) continue;
      files.close(handle);
      throw new SourceError('SOURCE_NOT_FOUND', `${path}: ${part} is a link to another place`, { path });
    }
    return handle;
  }

  /** A folder that is opened again if another was asked for in between. */
  #lateFolder(path: string): OpenFolder {
    const handleOf = (): Handle => {
      if (this.#cached?.path === path) return this.#cached.handle;
      const handle = this.#openFolder(path);
      if (this.#cached) this.#context.files.close(this.#cached.handle);
      this.#cached = { path, handle };
      return handle;
    };
    return {
      get handle() {
        return handleOf();
      },
    };
  }

  #takeNotes(): FileProblem[] {
    const notes = this.#notes;
    this.#notes = [];
    return notes;
  }
}

const leadsElsewhere = (attributes: number, tag: number): boolean =>
  (attributes & FileAttribute.REPARSE_POINT) !== 0 && kindOfTag(tag, true) === KindCode.MOUNT_POINT;

function foldersOf(listing: DirectoryListing): FolderName[] {
  const folders: FolderName[] = [];
  for (let i = 0; i < listing.length; i++) {
    if (kindOfFile(listing.attributes(i), listing.tag(i)) === 'directory')
      folders.push({ name: listing.name(i), shortName: listing.shortName(i) });
  }
  return folders;
}

/** Where a mount point leads: `\??\Volume{…}\` or `\??\C:\…`; '' when its data makes no sense. */
function mountTarget(data: Uint8Array): string {
  const at = ReparseDataBuffer.size;
  if (data.length < at + MountPointReparse.size) return '';
  const { substituteNameOffset, substituteNameLength } = MountPointReparse.decode(data, at);
  const begin = at + MountPointReparse.size + substituteNameOffset;
  return begin + substituteNameLength > data.length ? '' : narrow(data, begin, substituteNameLength);
}
