import { constants } from 'node:os';
import { SourceError } from '../../errors/index.js';
import { FileAttribute } from '../../facts/file-attributes.js';
import type { FileEntry, FileKind } from '../../facts/file-entry.js';
import { encodeSpecialFile } from '../../facts/reparse.js';
import { takeSidecar } from '../../facts/sidecar.js';
import { EMPTY, libc, Mode, Open, Seek, type CPath } from '../../ffi/libc.js';
import { StatxBuffer, type FileStamp } from '../../ffi/statx.js';
import { ConcatenatedStreams } from '../../streams/concatenated-streams.js';
import { alternateStreams, factStreams, linkStream } from '../../streams/fact-streams.js';
import { MemoryStreams } from '../../streams/memory-streams.js';
import { bytesToText } from '../../text/file-name.js';
import type { FileProblem, OpenedFile, VolumeNode } from '../volume.js';
import { FileStreams } from './file-streams.js';
import { shown, sourceError } from './problems.js';
import { pathBelow, readXattrs, type XattrHolder } from './xattrs.js';

const { EPERM } = constants.errno;
const READ = Open.RDONLY | Open.NOFOLLOW | Open.NONBLOCK | Open.CLOEXEC;
/** PATH_MAX: no link target is longer. */
const target = new Uint8Array(4096);
const statx = (): StatxBuffer => (shared ??= new StatxBuffer());
let shared: StatxBuffer | undefined;

/** An open folder that nodes are found in. */
export interface OpenFolder {
  readonly fd: number;
}

/** Numbers the files of a volume. */
export interface FileNumbers {
  /** Unique on the volume; undefined for a file of another one. */
  idOf(facts: StatxBuffer): bigint | undefined;
}

/** Opens for reading without changing the time of last access, where that is permitted. */
export function openQuietly(folder: number, name: CPath, flags: number): number {
  const { openat, errno } = libc();
  const fd = openat(folder, name, flags | Open.NOATIME, 0);
  return fd < 0 && errno() === EPERM ? openat(folder, name, flags, 0) : fd;
}

/** A file of a portable volume: a name in an open folder. */
export class PortableNode implements VolumeNode {
  constructor(
    readonly path: string,
    readonly kind: FileKind,
    private readonly folder: OpenFolder,
    /** The empty name stands for the folder itself. */
    private readonly name: CPath,
    private readonly numbers: FileNumbers,
  ) {}

  facts(): FileEntry {
    const facts = this.#stat();
    return entryOf(this.path, facts, this.numbers, undefined, undefined);
  }

  open(linkTo?: string): OpenedFile {
    if (linkTo !== undefined) return this.#openLink(linkTo);
    if (this.kind === 'file') return this.#openFile();
    const facts = this.#stat();
    const problems: FileProblem[] = [];
    const holder: XattrHolder = this.name === EMPTY ? this.folder.fd : pathBelow(this.folder.fd, this.name);
    const stamp = facts.stamp();
    const link = facts.kind === 'symbolic-link' ? this.#readLink() : undefined;
    const bare = entryOf(this.path, facts, this.numbers, undefined, link);
    const { entry, alternates } = this.#withXattrs(bare, holder, problems);
    const streams = new MemoryStreams([...factStreams(entry), ...alternateStreams(alternates)]);
    return { entry, streams, problems, changed: () => this.#changedByName(stamp) };
  }

  #openLink(linkTo: string): OpenedFile {
    const facts = this.#stat();
    const stamp = facts.stamp();
    const entry = { ...entryOf(this.path, facts, this.numbers, undefined, undefined), linkTo };
    return { entry, streams: new MemoryStreams([linkStream(linkTo)]), problems: [], changed: () => this.#changedByName(stamp) };
  }

  #openFile(): OpenedFile {
    const { errno, close, lseek } = libc();
    const fd = openQuietly(this.folder.fd, this.name, READ);
    if (fd < 0) throw sourceError(errno(), 'opening', this.path);
    const facts = statx();
    if (!facts.readOpen(fd) || (facts.mode & Mode.TYPE) !== Mode.FILE) {
      close(fd);
      throw new SourceError('SOURCE_VANISHED', `${shown(this.path)}: was replaced by something else between being listed and being read`, {
        path: this.path,
      });
    }
    const { size } = facts;
    const sparse = facts.blocks * 512 < size && isWithin(lseek(fd, 0, Seek.HOLE), size);
    const problems: FileProblem[] = [];
    let open = true;
    const stamp = facts.stamp();
    const bare = entryOf(this.path, facts, this.numbers, sparse, undefined);
    const { entry, alternates } = this.#withXattrs(bare, fd, problems);
    const content = new FileStreams(fd, entry, sparse, () => (open = false));
    const streams = alternates?.size ? new ConcatenatedStreams([content, new MemoryStreams(alternateStreams(alternates))]) : content;
    const changed = (): boolean => (open ? !statx().readOpen(fd) || differs(statx(), stamp) : this.#changedByName(stamp));
    return { entry, streams, problems, changed };
  }

  #stat(): StatxBuffer {
    const facts = statx();
    const found = this.name === EMPTY ? facts.readOpen(this.folder.fd) : facts.readName(this.folder.fd, this.name);
    if (!found) throw sourceError(libc().errno(), 'reading its facts', this.path);
    if (facts.kind !== this.kind) {
      throw new SourceError('SOURCE_VANISHED', `${shown(this.path)}: was a ${this.kind}, is now a ${facts.kind}`, { path: this.path });
    }
    return facts;
  }

  #changedByName(stamp: FileStamp): boolean {
    const facts = statx();
    const found = this.name === EMPTY ? facts.readOpen(this.folder.fd) : facts.readName(this.folder.fd, this.name);
    return !found || differs(facts, stamp);
  }

  #readLink(): string {
    const length = libc().readlinkat(this.folder.fd, this.name, target, target.length);
    if (length < 0) throw sourceError(libc().errno(), 'reading where it points to', this.path);
    return bytesToText(target.subarray(0, length));
  }

  /** The entry with its extended attributes, as what they are: POSIX's own, or facts of a Windows file that are kept beside it. */
  #withXattrs(bare: FileEntry, holder: XattrHolder, problems: FileProblem[]): WithXattrs {
    const xattrs = this.#xattrs(holder, problems);
    if (!xattrs || !bare.posix) return { entry: bare, alternates: undefined };
    const sidecar = takeSidecar(bare, xattrs);
    if (!sidecar) return { entry: { ...bare, posix: { ...bare.posix, xattrs } }, alternates: undefined };
    for (const name of sidecar.broken) {
      const message = `${shown(this.path)}: the extended attribute ${name} is none that Winback made; it is kept as it is`;
      problems.push({ path: this.path, error: new SourceError('SOURCE_UNSUPPORTED', message, { path: this.path, name }), effect: 'note' });
    }
    const posix = sidecar.xattrs ? { ...bare.posix, xattrs: sidecar.xattrs } : bare.posix;
    return { entry: { ...bare, ...sidecar.facts, posix }, alternates: sidecar.alternates };
  }

  #xattrs(holder: XattrHolder, problems: FileProblem[]): Map<string, Uint8Array> | undefined {
    return readXattrs(holder, ({ name, errno }) => {
      const error = sourceError(
        errno,
        name === undefined ? 'listing its extended attributes' : `reading its extended attribute ${name}`,
        this.path,
      );
      problems.push({ path: this.path, error, effect: 'incomplete' });
    });
  }
}

interface WithXattrs {
  readonly entry: FileEntry;
  readonly alternates: ReadonlyMap<string, Uint8Array> | undefined;
}

const isWithin = (hole: number, size: number): boolean => hole >= 0 && hole < size;

function differs(facts: StatxBuffer, stamp: FileStamp): boolean {
  return facts.size !== stamp.size || facts.modified !== stamp.modified || facts.changed !== stamp.changed;
}

/** The entry that statx(2) describes. One shape for all files, so that what handles millions of them stays fast. */
function entryOf(
  path: string,
  facts: StatxBuffer,
  numbers: FileNumbers,
  sparse: boolean | undefined,
  linkTarget: string | undefined,
): FileEntry {
  const { kind, mode } = facts;
  const isFile = kind === 'file';
  const isFolder = kind === 'directory';
  const special = !isFile && !isFolder && kind !== 'reparse-point';
  const device = kind === 'character-device' || kind === 'block-device' ? facts.device : undefined;
  return {
    path,
    kind,
    attributes: isFolder ? FileAttribute.DIRECTORY : isFile ? fileAttributes(sparse) : FileAttribute.REPARSE_POINT,
    size: isFile ? facts.size : 0,
    times: { lastWrite: facts.modified, lastAccess: facts.accessed, creation: facts.born, change: facts.changed },
    fileId: numbers.idOf(facts),
    linkCount: facts.linkCount,
    reparseData: special ? encodeSpecialFile(kind, linkTarget) : undefined,
    linkTarget,
    posix: { userId: facts.userId, groupId: facts.groupId, mode, device },
  };
}

const fileAttributes = (sparse: boolean | undefined): number => FileAttribute.ARCHIVE | (sparse ? FileAttribute.SPARSE_FILE : 0);
