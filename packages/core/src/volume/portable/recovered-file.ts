import { constants } from 'node:os';
import { RecoveryError } from '../../errors/index.js';
import { FileAttribute } from '../../facts/file-attributes.js';
import { type FileEntry, type FileKind } from '../../facts/file-entry.js';
import { decodeReparsePoint } from '../../facts/reparse.js';
import { ReparseTag } from '../../facts/reparse.layout.js';
import { At, cString, libc, Mode, Open, type CPath } from '../../ffi/libc.js';
import type { BackupStreamHeader } from '../../streams/backup-stream.js';
import { ArrivingFacts, describeStream } from '../../streams/arriving-facts.js';
import { StreamId } from '../../streams/stream-id.layout.js';
import { textToBytes } from '../../text/file-name.js';
import type { FileProblem, FileRecovery } from '../volume.js';
import { AlternateStreams } from './alternate-streams.js';
import { areFar, type Owner, type RecoveredFile } from './apply-facts.js';
import type { ContentQueue } from './content/content-queue.js';
import { OPEN_FOLDER } from './folder-chain.js';
import type { RecoveryDialect } from './mount-dialect.js';
import { factError, recoveryError } from './problems.js';
import { unheldProblem } from './unheld-facts.js';
import { pathBelow } from './xattrs.js';

const { EEXIST, EINTR, EFBIG } = constants.errno;
const CREATE = Open.WRONLY | Open.CREAT | Open.EXCL | Open.NOFOLLOW | Open.CLOEXEC;
/** Nobody else's while it is written; its own mode comes last. */
const PRIVATE = 0o600;
const PRIVATE_FOLDER = 0o700;
/** Files of systems without modes get what the user's umask leaves of these. */
const ORDINARY = 0o666;
/** Set-user-ID, set-group-ID, sticky. */
const SPECIAL_BITS = 0o7000;
/** Bytes of an alternate stream of a folder. */
const FOLDER_STREAM_LIMIT = 8 << 20;

/** Where a file is put, as the folder it goes to knows it. */
export interface Place {
  readonly folder: number;
  /** What it is called in the end. */
  readonly name: CPath;
  /** What it is called until then: a name of our own when it takes another file's place. */
  readonly writtenAs: CPath;
  readonly recoveredAs: string;
  readonly owner: Owner;
  /** Bits that the system takes away from the mode of a new file. */
  readonly umask: number;
  readonly inheritsAcl: boolean;
  /** Takes the content of plain new files. */
  readonly content: ContentQueue;
  /** Opens the earlier file of a hard link: its folder and name, the folder to be closed. */
  source(path: string): { readonly folder: number; readonly name: CPath; readonly kind: FileKind };
  /** Goes into the folder that this is: makes it if it is missing. Its facts are set when it is left. */
  enter(entry: FileEntry, alternates: ReadonlyMap<string, Uint8Array>): void;
  /** Notes facts that were kept in another form. */
  converted(path: string, facts: readonly string[]): void;
}

/** One file or folder being recovered. Nothing is made before it is known what it is. */
export class RecoveredItem implements FileRecovery {
  readonly #libc = libc();
  readonly #facts: ArrivingFacts;
  readonly #problems: FileProblem[] = [];
  /** Whether what is written belongs to the unnamed stream. */
  #isContent = false;
  #fd = -1;
  #made = false;
  #mode = 0;
  /** Writes the content of this file; undefined where it is written at once. */
  #queue: ContentQueue | undefined;
  #position = 0;
  /** The last byte written, and the end of the last stream: a hole at the end is between them. */
  #reached = 0;
  #end = 0;
  readonly #alternates: AlternateStreams;

  constructor(
    entry: FileEntry,
    private readonly place: Place,
    private readonly dialect: RecoveryDialect,
  ) {
    this.#facts = new ArrivingFacts(entry);
    const { openAlternate } = dialect;
    const open = (stream: string): number | undefined => {
      if (dialect.madeAs(this.#facts.entry) !== 'file') return undefined;
      this.#openFile();
      return openAlternate!(this.place.folder, this.place.writtenAs, stream);
    };
    // Folders are made late; until then what is written to them is held.
    const limit = openAlternate && entry.kind === 'directory' ? FOLDER_STREAM_LIMIT : dialect.alternateLimit;
    this.#alternates = new AlternateStreams(limit, openAlternate && open);
  }

  begin(stream: BackupStreamHeader): 'wanted' | 'unsupported' {
    this.#facts.end();
    this.#isContent = false;
    if (this.#alternates.takes(stream)) {
      if (!Number.isSafeInteger((stream.offset ?? 0) + stream.length)) throw recoveryError(EFBIG, 'writing', this.place.recoveredAs);
      return this.#alternates.begin(stream) ? 'wanted' : 'unsupported';
    }
    // Facts between an alternate stream and its blocks do not make these blocks of the unnamed one.
    const fact = this.#facts.begin(stream);
    if (fact !== undefined) return fact;
    this.#alternates.end();
    const content = stream.id === StreamId.DATA || stream.id === StreamId.SPARSE_BLOCK;
    if (!content || (stream.length > 0 && this.dialect.madeAs(this.#facts.entry) !== 'file')) {
      this.#facts.left.push(describeStream(stream));
      return 'unsupported';
    }
    this.#isContent = true;
    this.#position = stream.id === StreamId.SPARSE_BLOCK ? (stream.offset ?? 0) : 0;
    if (!Number.isSafeInteger(this.#position + stream.length)) throw recoveryError(EFBIG, 'writing', this.place.recoveredAs);
    this.#end = Math.max(this.#end, this.#position + stream.length);
    if (stream.length > 0) this.#openFile();
    return 'wanted';
  }

  write(data: Uint8Array): void {
    if (this.#facts.write(data)) return;
    if (this.#isContent) this.#writeContent(data);
    else this.#alternates.write(data);
  }

  commit(): { readonly problems: readonly FileProblem[]; readonly recoveredAs: string } {
    try {
      this.#facts.end();
      this.#alternates.end();
      const { entry, broken } = this.#facts;
      this.#problems.push(...broken.map((error) => ({ path: this.place.recoveredAs, error, effect: 'incomplete' }) as const));
      const { refused, whole } = this.#alternates;
      const unheld = [...this.#facts.left, ...refused.map(({ name, reason }) => `the alternate stream ${name} (${reason})`)];
      this.#problems.push(...unheldProblem(entry, unheld));
      const madeAs = this.dialect.madeAs(entry);
      if (this.#facts.linkTo !== undefined) this.#makeLink(this.#facts.linkTo, entry);
      else if (this.#fd >= 0 || madeAs === 'file') this.#finishFile(entry);
      else if (entry.kind === 'directory') this.place.enter(entry, whole);
      else if (madeAs === 'directory') this.#finishFolder(entry);
      else this.#finishSpecial(entry);
    } catch (error) {
      this.abort();
      throw error;
    }
    return { problems: this.#problems, recoveredAs: this.place.recoveredAs };
  }

  abort(): void {
    if (this.#fd >= 0) this.#queue?.drain();
    this.#closeFile();
    if (this.#made) this.#libc.unlinkat(this.place.folder, this.place.writtenAs, 0);
    this.#made = false;
  }

  #openFile(): void {
    if (this.#fd >= 0) return;
    this.#mode = this.#firstMode();
    this.#fd = this.#check(this.#libc.openat(this.place.folder, this.place.writtenAs, CREATE, this.#mode), 'creating the file');
    this.#made = true;
    if (this.#isPlain()) this.#queue = this.place.content;
  }

  /**
   * Whether content may be written after the facts are set: writing takes away rights of their own and some attributes. And it must
   * be in its place already, for nothing may be replaced by what is not whole.
   */
  #isPlain(): boolean {
    const { posix, times } = this.#facts.entry;
    const { place } = this;
    const plain = !areFar(times) && (posix === undefined || ((posix.mode & SPECIAL_BITS) === 0 && !posix.xattrs?.size));
    return plain && this.dialect.contentMayFollow && !place.inheritsAcl && place.writtenAs === place.name;
  }

  /** Files that are given away or get rights of their own are nobody else's until then; others can have their mode at once. */
  #firstMode(): number {
    const { posix } = this.#facts.entry;
    if (!posix) return ORDINARY;
    const { owner, umask, inheritsAcl } = this.place;
    const mode = posix.mode & Mode.PERMISSIONS;
    const plain = owner.userId === posix.userId && owner.groupId === posix.groupId && !inheritsAcl && !posix.xattrs?.size;
    return plain && (mode & (umask | SPECIAL_BITS)) === 0 ? mode : PRIVATE;
  }

  #writeContent(data: Uint8Array): void {
    if (this.#queue) {
      this.#queue.write(this.#fd, data, this.#position, this.place.recoveredAs);
      this.#position += data.length;
      this.#reached = Math.max(this.#reached, this.#position);
      return;
    }
    for (let at = 0; at < data.length;) {
      const written = this.#libc.pwrite(this.#fd, at === 0 ? data : data.subarray(at), data.length - at, this.#position);
      if (written > 0) {
        at += written;
        this.#position += written;
        this.#reached = Math.max(this.#reached, this.#position);
        continue;
      }
      const errno = written < 0 ? this.#libc.errno() : constants.errno.EIO;
      if (errno !== EINTR) throw recoveryError(errno, `writing at byte ${this.#position}`, this.place.recoveredAs);
    }
  }

  #finishFile(entry: FileEntry): void {
    this.#openFile();
    if (this.#reached !== this.#end) this.#check(this.#libc.ftruncate(this.#fd, this.#end), `setting its size to ${this.#end}`);
    const { place } = this;
    const mode = this.#facts.entry.posix ? this.#mode : undefined;
    const file = {
      path: place.recoveredAs,
      fd: this.#fd,
      opened: 'open',
      kind: entry.kind,
      xattrs: this.#fd,
      owner: place.owner,
      mode,
    } as const;
    const hasOwnXattrs = place.inheritsAcl ? 'inherited' : 'none';
    this.#apply({ ...file, hasOwnXattrs, timesLater: this.#queue !== undefined, size: this.#end }, entry);
    if (this.#queue) {
      this.#queue.finish(this.#fd, entry.times, place.recoveredAs);
      this.#fd = -1;
      this.#made = false;
      return;
    }
    this.#check(this.#closeFile(), 'closing the file');
    this.#putInPlace();
    this.#applyToName(entry);
  }

  #finishSpecial(entry: FileEntry): void {
    const { place } = this;
    const mode = PRIVATE;
    if (!this.#makeSpecial(entry, mode)) return;
    this.#made = true;
    const fd = this.#check(this.#libc.openat(place.folder, place.writtenAs, Open.PATH | Open.NOFOLLOW | Open.CLOEXEC, 0), 'opening it');
    const file = { path: place.recoveredAs, fd, opened: 'path', kind: entry.kind, owner: place.owner, mode: undefined } as const;
    const hasOwnXattrs = place.inheritsAcl && entry.kind !== 'symbolic-link' ? 'inherited' : 'none';
    this.#apply({ ...file, xattrs: pathBelow(place.folder, place.writtenAs), hasOwnXattrs }, entry);
    this.#libc.close(fd);
    this.#putInPlace();
    this.#applyToName(entry);
  }

  /** A link that is made of a folder. */
  #finishFolder(entry: FileEntry): void {
    const { place } = this;
    this.#check(this.#libc.mkdirat(place.folder, place.writtenAs, PRIVATE_FOLDER), 'making the folder that becomes it');
    const fd = this.#libc.openat(place.folder, place.writtenAs, OPEN_FOLDER, 0);
    try {
      this.#check(fd, 'opening the folder that becomes it');
      this.#apply(
        {
          path: place.recoveredAs,
          fd,
          opened: 'open',
          kind: entry.kind,
          xattrs: fd,
          owner: place.owner,
          mode: undefined,
          hasOwnXattrs: 'none',
        },
        entry,
      );
    } catch (error) {
      this.#libc.unlinkat(place.folder, place.writtenAs, At.REMOVEDIR);
      throw error;
    } finally {
      if (fd >= 0) this.#libc.close(fd);
    }
    if (place.writtenAs !== place.name) this.#libc.unlinkat(place.folder, place.name, 0); // a folder replaces nothing by being renamed
    this.#putInPlace();
    this.#applyToName(entry);
  }

  #applyToName(entry: FileEntry): void {
    const { folder, name, recoveredAs } = this.place;
    this.#problems.push(...(this.dialect.applyToName?.(pathBelow(folder, name), recoveredAs, entry) ?? []));
  }

  #apply(facts: RecoveredFile, entry: FileEntry): void {
    const { folder, writtenAs } = this.place;
    const file = { ...facts, place: { folder, name: writtenAs } };
    const { problems, converted } = this.dialect.apply(file, entry, this.#alternates.whole);
    this.#problems.push(...problems);
    if (converted.length > 0) this.place.converted(file.path, converted);
  }

  #makeSpecial(entry: FileEntry, mode: number): boolean {
    const { symlinkat, mkfifoat, makeNode, errno } = this.#libc;
    const { folder, writtenAs, recoveredAs } = this.place;
    const { kind } = entry;
    if (kind === 'symbolic-link') {
      this.#check(symlinkat(cString(textToBytes(targetOf(entry))), folder, writtenAs), 'making the symbolic link');
      return true;
    }
    if (kind === 'fifo') {
      this.#check(mkfifoat(folder, writtenAs, mode), 'making the FIFO');
      return true;
    }
    const type = kind === 'socket' ? Mode.SOCKET : kind === 'character-device' ? Mode.CHARACTER_DEVICE : Mode.BLOCK_DEVICE;
    const device = entry.posix?.device;
    if (kind !== 'socket' && !device) {
      const error = new RecoveryError('RECOVERY_FACT', `${recoveredAs}: the backup does not say which device it is`, { path: recoveredAs });
      this.#problems.push({ path: recoveredAs, error, effect: 'skipped' });
      return false;
    }
    if (makeNode(folder, writtenAs, type | mode, device?.major ?? 0, device?.minor ?? 0) === 0) return true;
    const number = errno();
    if (number === EEXIST) throw this.#exists();
    this.#problems.push({ path: recoveredAs, error: factError(number, `the ${kind.replace('-', ' ')}`, recoveredAs), effect: 'skipped' });
    return false;
  }

  #makeLink(linkTo: string, entry: FileEntry): void {
    const { place } = this;
    const source = place.source(linkTo);
    try {
      if (!canBeLinked(source.kind, entry)) {
        throw new RecoveryError('RECOVERY_EXISTS', `${place.recoveredAs}: is a hard link to ${linkTo}, where now a ${source.kind} stands`, {
          path: place.recoveredAs,
        });
      }
      this.#check(this.#libc.linkat(source.folder, source.name, place.folder, place.writtenAs, 0), `linking it to ${linkTo}`);
    } finally {
      this.#libc.close(source.folder);
    }
    this.#made = true;
    this.#putInPlace();
    this.#applyToName({ ...entry, linkTo });
  }

  #putInPlace(): void {
    const { folder, name, writtenAs } = this.place;
    if (writtenAs !== name) {
      this.#check(this.#libc.renameat(folder, writtenAs, folder, name), 'putting it in place');
      this.#libc.unlinkat(folder, writtenAs, 0); // still there when both were the same file, which rename leaves alone
    }
    this.#made = false;
  }

  #closeFile(): number {
    const fd = this.#fd;
    this.#fd = -1;
    return fd >= 0 ? this.#libc.close(fd) : 0;
  }

  #check(result: number, doing: string): number {
    if (result >= 0) return result;
    const errno = this.#libc.errno();
    throw errno === EEXIST ? this.#exists() : recoveryError(errno, doing, this.place.recoveredAs);
  }

  #exists(): RecoveryError {
    const path = this.place.recoveredAs;
    return new RecoveryError('RECOVERY_EXISTS', `${path}: something was put there while it was being recovered`, { path });
  }
}

/** Whether what stands there now can be the file that a hard link was recorded of. */
function canBeLinked(found: FileKind, { kind, attributes }: FileEntry): boolean {
  if (found === 'file') return true;
  if (found === 'directory') return false;
  // ntfs-3g shows system files of no or one byte so.
  const system = (attributes & FileAttribute.SYSTEM) !== 0 && (found === 'fifo' || found === 'socket');
  return system || kind !== 'file' || (attributes & FileAttribute.REPARSE_POINT) !== 0;
}

/** A symbolic link's target; Windows' relative ones with the separators that POSIX has. */
function targetOf(entry: FileEntry): string {
  const target = entry.linkTarget ?? (entry.reparseData ? decodeReparsePoint(entry.reparseData).linkTarget : undefined) ?? '';
  const fromWindows = entry.reparseData && decodeReparsePoint(entry.reparseData).tag === ReparseTag.SYMLINK;
  return fromWindows && !/^([a-z]:|\\)/i.test(target) ? target.replaceAll('\\', '/') : target;
}
