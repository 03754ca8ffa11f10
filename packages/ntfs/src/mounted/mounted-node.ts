import { constants } from 'node:os';
import {
  bytesToText,
  ConcatenatedStreams,
  factStreams,
  FileAttribute,
  linkStream,
  MemoryStreams,
  SourceError,
  StreamId,
  type BackupStreamSource,
  type FileEntry,
  type FileKind,
  type OpenedFile,
  type PosixFacts,
  type VolumeNode,
} from '@winback/core';
import { EMPTY, FileStreams, libc, openQuietly, Open, pathBelow, shown, sourceError, StatxBuffer } from '@winback/core/linux';
import type { CPath, FileNumbers, FileStamp, OpenFolder, XattrHolder } from '@winback/core/linux';
import { readAlternates, READ_DIRECTLY, type StreamsInterface } from './alternate-streams.js';
import { realAttributes } from './attribute-bits.js';
import { completeEntry, hasNoContentBehind, isPosix, reparseTag } from './mounted-entry.js';
import { NtfsFacts } from './ntfs-facts.js';
import { openSettled, type Patience } from './open-settled.js';
import { readCountBehindCiphertext } from './encrypted-tail.js';
import { findNonZero } from './zero-ranges.js';

const READ = Open.RDONLY | Open.NOFOLLOW | Open.NONBLOCK | Open.CLOEXEC;
const { ELOOP, ENXIO } = constants.errno;
const COLON = 0x3a;
/** PATH_MAX: no link target is longer. */
const target = new Uint8Array(4096);
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
    private readonly patience: Patience,
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
      const bare = this.#bareEntry(stat);
      const attributes = realAttributes(new NtfsFacts(this.#holder(), this.path).attributes ?? bare.attributes);
      const entry = { ...bare, attributes, linkTo };
      return { entry, streams: new MemoryStreams([linkStream(linkTo)]), problems: [], changed: () => this.#changedByName(stamp) };
    }
    if (this.kind !== 'file' && this.kind !== 'reparse-point') return this.#openWithoutContent();
    return openSettled(() => this.#openContent() ?? this.#openWithoutContent(), this.patience);
  }

  /** Undefined: it is shown as a link, whatever it is. */
  #openContent(): OpenedFile | undefined {
    this.#checkName();
    const { errno, close } = libc();
    const fd = openQuietly(this.folder.fd, this.name, READ);
    if (fd < 0) {
      const number = errno();
      if (number === ELOOP) return undefined;
      if (number === ENXIO) return this.#openShownAsSpecial();
      throw sourceError(number, 'opening', this.path);
    }
    const stat = statx();
    if (!stat.readOpen(fd) || stat.kind !== 'file') {
      close(fd);
      return this.#openShownAsSpecial();
    }
    const stamp = stat.stamp();
    const { size, blocks } = stat;
    const bare = this.#bareEntry(stat);
    const facts = new NtfsFacts(fd, this.path);
    const entry = withoutReparsePoint(completeEntry(bare, facts));
    if ((entry.attributes & FileAttribute.ENCRYPTED) !== 0 && !entry.efsMetadata && size > 0) {
      close(fd);
      throw this.#encrypted();
    }
    const sparse = (entry.attributes & FileAttribute.SPARSE_FILE) !== 0 && blocks * 512 < size;
    let open = true;
    const readAgain = (entry.attributes & FileAttribute.ENCRYPTED) === 0 ? () => -1 : readCountBehindCiphertext;
    const content = new FileStreams(fd, entry, sparse, () => (open = false), { findData: findNonZero, readAgain });
    const alternates = this.#alternates(fd, facts, entry);
    const streams = alternates ? new ConcatenatedStreams([content, alternates]) : content;
    const changed = (): boolean => (open ? !statx().readOpen(fd) || differs(statx(), stamp) : this.#changedByName(stamp));
    return { entry, streams, problems: facts.problems, changed };
  }

  /** To ntfs-3g an empty system file is a FIFO, and one of a byte a socket: Interix keeps them so. But Windows has such files too. */
  #openShownAsSpecial(): OpenedFile {
    const { kind } = this.#stat();
    if (kind !== 'fifo' && kind !== 'socket') throw this.#replaced();
    return this.#openWithoutContent(kind === 'fifo' ? 0 : 1);
  }

  /** `size`: of the content that it has all the same. */
  #openWithoutContent(size?: 0 | 1): OpenedFile {
    const stat = this.#stat();
    const stamp = stat.stamp();
    const bare = { ...this.#bareEntry(stat), size: size ?? 0 };
    const holder = this.#holder();
    const facts = new NtfsFacts(holder, this.path);
    const entry = completeEntry(bare, facts, () => this.#readLink());
    const tag = entry.reparseData && reparseTag(entry.reparseData);
    // A folder that could be entered shows what is in it, whatever reparse point it has.
    if (tag !== undefined && !isPosix(this.kind) && this.name !== EMPTY && !hasNoContentBehind(tag)) {
      const what = entry.kind === 'directory' ? 'its files lie' : 'its content lies';
      facts.missing(`${what} behind the reparse point 0x${tag.toString(16)}, which ntfs-3g does not look behind`, READ_DIRECTLY);
    }
    if (size === 1) facts.missing('its one byte cannot be read, because ntfs-3g shows the file as a socket');
    const content = size === undefined ? [] : [{ id: StreamId.DATA, attributes: 0, data: new Uint8Array(size) }];
    const fixed = new MemoryStreams([...factStreams(entry), ...content]);
    const alternates = this.#alternates(holder, facts, entry);
    const streams = alternates ? new ConcatenatedStreams([fixed, alternates]) : fixed;
    return { entry, streams, problems: facts.problems, changed: () => this.#changedByName(stamp) };
  }

  #alternates(holder: XattrHolder, facts: NtfsFacts, { attributes }: FileEntry): BackupStreamSource | undefined {
    const isEncrypted = (attributes & FileAttribute.ENCRYPTED) !== 0;
    return readAlternates({ path: this.path, holder, folder: this.folder, name: this.name }, this.shownAs, facts, isEncrypted);
  }

  /** Where a link points that is none of Windows'. */
  #readLink(): string {
    const length = libc().readlinkat(this.folder.fd, this.name, target, target.length);
    if (length < 0) throw sourceError(libc().errno(), 'reading where it points to', this.path);
    return bytesToText(target.subarray(0, length));
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

  /** @throws SOURCE_UNREADABLE when the mount takes the name for an alternate stream of another file */
  #checkName(): void {
    if (this.shownAs !== 'windows' || !this.name.includes(COLON)) return;
    throw new SourceError(
      'SOURCE_UNREADABLE',
      `${this.path}: cannot be read, because the volume is mounted so that a colon begins an alternate stream`,
      { path: this.path },
      { hint: `Mount the volume with -o streams_interface=xattr. ${READ_DIRECTLY}` },
    );
  }

  #holder(): XattrHolder {
    return this.name === EMPTY ? this.folder.fd : pathBelow(this.folder.fd, this.name);
  }

  #find(): boolean {
    if (this.name === EMPTY) return statx().readOpen(this.folder.fd);
    return statx().readName(this.folder.fd, this.name);
  }

  #stat(): StatxBuffer {
    this.#checkName();
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

  #encrypted(): SourceError {
    return new SourceError(
      'SOURCE_UNREADABLE',
      `${this.path}: is encrypted (EFS), and the volume is not mounted so that its ciphertext and keys can be read`,
      { path: this.path },
      { hint: `Mount the volume with -o efs_raw. ${READ_DIRECTLY}` },
    );
  }
}

/** What a plugin of ntfs-3g shows is the file that stands behind the reparse point, as Windows shows it. */
const withoutReparsePoint = (entry: FileEntry): FileEntry =>
  entry.reparseData === undefined
    ? entry
    : { ...entry, kind: 'file', attributes: realAttributes(entry.attributes & ~FileAttribute.REPARSE_POINT), reparseData: undefined };

const differs = (facts: StatxBuffer, stamp: FileStamp): boolean =>
  facts.size !== stamp.size || facts.modified !== stamp.modified || facts.changed !== stamp.changed;
