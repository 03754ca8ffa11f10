import { constants } from 'node:os';
import {
  ConcatenatedStreams,
  decodeExtendedAttributes,
  decodeReparsePoint,
  factStreams,
  FileAttribute,
  isWinbackError,
  linkStream,
  MemoryStreams,
  SourceError,
  takeFineTimes,
  takePosixFacts,
  type BackupStreamSource,
  type FileEntry,
  type FileKind,
  type FileProblem,
  type OpenedFile,
  type PosixFacts,
  type VolumeNode,
} from '@winback/core';
import { EMPTY, FileStreams, libc, openQuietly, Open, pathBelow, shown, sourceError, StatxBuffer } from '@winback/core/linux';
import type { CPath, FileNumbers, FileStamp, OpenFolder, XattrHolder } from '@winback/core/linux';
import { readAlternates, type StreamsInterface } from './alternate-streams.js';
import { hasNoContentBehind, NtfsFacts, realAttributes } from './ntfs-facts.js';
import { findNonZero } from './zero-ranges.js';

const READ = Open.RDONLY | Open.NOFOLLOW | Open.NONBLOCK | Open.CLOEXEC;
const { ELOOP } = constants.errno;
const statx = (): StatxBuffer => (shared ??= new StatxBuffer());
let shared: StatxBuffer | undefined;

/** A file of an NTFS volume that ntfs-3g has mounted: a name in an open folder. */
export class MountedNode implements VolumeNode {
  constructor(
    readonly path: string,
    readonly kind: FileKind,
    private readonly folder: OpenFolder,
    /** The empty name stands for the folder itself. */
    private readonly name: CPath,
    private readonly numbers: FileNumbers,
    private readonly shownAs: StreamsInterface,
  ) {}

  facts(): FileEntry {
    const stat = this.#stat();
    const bare = this.#bareEntry(stat);
    const facts = new NtfsFacts(this.#holder(), this.path);
    return { ...bare, attributes: realAttributes(facts.attributes ?? bare.attributes), times: facts.times ?? bare.times };
  }

  open(linkTo?: string): OpenedFile {
    if (linkTo !== undefined) {
      const stat = this.#stat();
      const stamp = stat.stamp();
      const entry = { ...this.#bareEntry(stat), linkTo };
      return { entry, streams: new MemoryStreams([linkStream(linkTo)]), problems: [], changed: () => this.#changedByName(stamp) };
    }
    const opened = this.kind === 'file' || this.kind === 'reparse-point' ? this.#openContent() : undefined;
    return opened ?? this.#openWithoutContent();
  }

  /** Undefined: it is shown as a link, whatever it is. */
  #openContent(): OpenedFile | undefined {
    const { errno, close } = libc();
    const fd = openQuietly(this.folder.fd, this.name, READ);
    if (fd < 0) {
      const number = errno();
      if (number === ELOOP) return undefined;
      throw this.#cannotOpen(number);
    }
    const stat = statx();
    if (!stat.readOpen(fd) || stat.kind !== 'file') {
      close(fd);
      throw this.#replaced();
    }
    const stamp = stat.stamp();
    const { size, blocks } = stat;
    const bare = this.#bareEntry(stat);
    const facts = new NtfsFacts(fd, this.path);
    const entry = this.#complete(bare, facts);
    const sparse = (entry.attributes & FileAttribute.SPARSE_FILE) !== 0 && blocks * 512 < size;
    let open = true;
    const content = new FileStreams(fd, entry, sparse, () => (open = false), findNonZero);
    const alternates = this.#alternates(fd, facts);
    const streams = alternates ? new ConcatenatedStreams([content, alternates]) : content;
    const changed = (): boolean => (open ? !statx().readOpen(fd) || differs(statx(), stamp) : this.#changedByName(stamp));
    return { entry, streams, problems: facts.problems, changed };
  }

  #openWithoutContent(): OpenedFile {
    const stat = this.#stat();
    const stamp = stat.stamp();
    const bare = { ...this.#bareEntry(stat), size: 0 };
    const holder = this.#holder();
    const facts = new NtfsFacts(holder, this.path);
    const entry = this.#complete(bare, facts);
    if (entry.reparseData && entry.kind === 'reparse-point') {
      const { tag } = decodeReparsePoint(entry.reparseData);
      if (!hasNoContentBehind(tag)) {
        const hint = 'Back the volume up as root, so that it can be read directly.';
        facts.missing(`its content lies behind the reparse point 0x${tag.toString(16)}, which ntfs-3g does not look behind`, hint);
      }
    }
    const fixed = new MemoryStreams(factStreams(entry));
    const alternates = this.#alternates(holder, facts);
    const streams = alternates ? new ConcatenatedStreams([fixed, alternates]) : fixed;
    return { entry, streams, problems: facts.problems, changed: () => this.#changedByName(stamp) };
  }

  #alternates(holder: XattrHolder, facts: NtfsFacts): BackupStreamSource | undefined {
    return readAlternates({ path: this.path, holder, folder: this.folder, name: this.name }, this.shownAs, facts);
  }

  /** All that ntfs-3g tells of the file. What it shows as owner, group and mode is the mount's, not the file's. */
  #complete(bare: FileEntry, facts: NtfsFacts): FileEntry {
    const attributes = realAttributes(facts.attributes ?? bare.attributes);
    const { securityDescriptor, objectId, shortName } = facts;
    const isReparse = (attributes & FileAttribute.REPARSE_POINT) !== 0;
    const reparseData = isReparse ? facts.reparseData : undefined;
    const efsMetadata = (attributes & FileAttribute.ENCRYPTED) !== 0 && this.kind === 'file' ? facts.efsMetadata : undefined;
    const reparse = reparseData && this.#decode(facts.problems, 'reparse point', () => decodeReparsePoint(reparseData));
    const ea = facts.extendedAttributes;
    const list = (ea && this.#decode(facts.problems, 'extended attributes', () => decodeExtendedAttributes(ea))) ?? [];
    const { times, others } = takeFineTimes(list, facts.times ?? bare.times);
    const posix = this.#decode(facts.problems, 'POSIX facts', () => takePosixFacts(others)) ?? { posix: undefined, others };
    return {
      ...bare,
      attributes,
      times,
      linkCount: bare.kind === 'directory' ? bare.linkCount : Math.max(1, bare.linkCount - (shortName === undefined ? 0 : 1)),
      kind: reparse ? kindOf(bare.kind, attributes, reparse.kind) : bare.kind,
      shortName,
      objectId,
      securityDescriptor,
      extendedAttributes: posix.others.length > 0 ? posix.others : undefined,
      reparseData,
      linkTarget: reparse?.linkTarget,
      efsMetadata,
      posix: posix.posix ?? bare.posix,
    };
  }

  #decode<T>(problems: FileProblem[], what: string, decode: () => T): T | undefined {
    try {
      return decode();
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      const message = `${shown(this.path)}: its ${what} make no sense: ${error.message}`;
      problems.push({
        path: this.path,
        error: new SourceError('SOURCE_UNSUPPORTED', message, { path: this.path }, { cause: error }),
        effect: 'incomplete',
      });
      return undefined;
    }
  }

  #bareEntry(stat: StatxBuffer): FileEntry {
    const { kind } = this;
    return {
      path: this.path,
      kind,
      attributes: kind === 'directory' ? FileAttribute.DIRECTORY : kind === 'file' ? FileAttribute.ARCHIVE : FileAttribute.REPARSE_POINT,
      size: kind === 'file' ? stat.size : 0,
      times: { lastWrite: stat.modified, lastAccess: stat.accessed, change: stat.changed },
      fileId: this.numbers.idOf(stat),
      linkCount: stat.linkCount,
      posix: this.#deviceFacts(stat),
    };
  }

  /** Devices that are none of WSL's: their numbers are known from nowhere else. */
  #deviceFacts(stat: StatxBuffer): PosixFacts | undefined {
    if (this.kind !== 'character-device' && this.kind !== 'block-device') return undefined;
    return { userId: stat.userId, groupId: stat.groupId, mode: stat.mode, device: stat.device };
  }

  #holder(): XattrHolder {
    return this.name === EMPTY ? this.folder.fd : pathBelow(this.folder.fd, this.name);
  }

  #find(): boolean {
    if (this.name === EMPTY) return statx().readOpen(this.folder.fd);
    return statx().readName(this.folder.fd, this.name);
  }

  #stat(): StatxBuffer {
    if (!this.#find()) throw sourceError(libc().errno(), 'reading its facts', this.path);
    if ((statx().kind === 'directory') !== (this.kind === 'directory') && statx().kind !== 'symbolic-link') throw this.#replaced();
    return statx();
  }

  #changedByName(stamp: FileStamp): boolean {
    return !this.#find() || differs(statx(), stamp);
  }

  #replaced(): SourceError {
    return new SourceError('SOURCE_VANISHED', `${shown(this.path)}: was replaced by something else between being listed and being read`, {
      path: this.path,
    });
  }

  #cannotOpen(errno: number): SourceError {
    const attributes = new NtfsFacts(this.#holder(), this.path).attributes ?? 0;
    if ((attributes & FileAttribute.ENCRYPTED) === 0) return sourceError(errno, 'opening', this.path);
    return new SourceError(
      'SOURCE_UNREADABLE',
      `${this.path}: is encrypted (EFS), and the volume is not mounted so that its ciphertext can be read`,
      { path: this.path, errno },
      { hint: 'Mount the volume with -o efs_raw, or back it up as root, so that it can be read directly.' },
    );
  }
}

/** A folder that is a reparse point stays a folder, unless it is a symbolic link. */
function kindOf(found: FileKind, attributes: number, told: FileKind): FileKind {
  if (told !== 'reparse-point') return told;
  return (attributes & FileAttribute.DIRECTORY) !== 0 || found === 'directory' ? 'directory' : 'reparse-point';
}

const differs = (facts: StatxBuffer, stamp: FileStamp): boolean =>
  facts.size !== stamp.size || facts.modified !== stamp.modified || facts.changed !== stamp.changed;
