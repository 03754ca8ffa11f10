import { constants } from 'node:os';
import { isWinbackError, RecoveryError } from '../../errors/index.js';
import { FileAttribute } from '../../facts/file-attributes.js';
import type { FileEntry, FileKind } from '../../facts/file-entry.js';
import type { FileTimes } from '../../facts/file-times.js';
import { AT_FDCWD, cString, libc, Open, type CPath } from '../../ffi/libc.js';
import { StatxBuffer } from '../../ffi/statx.js';
import { systemPlatform } from '../../ports/platform.js';
import type { Random } from '../../ports/random.js';
import { textToBytes } from '../../text/file-name.js';
import type { FileProblem, FileRecovery, RecoveryOptions, VolumeCapability, VolumeRecovery } from '../volume.js';
import { setTimes, type Owner } from './apply-facts.js';
import { ContentQueue } from './content/content-queue.js';
import { FolderChain, OPEN_FOLDER } from './folder-chain.js';
import type { RecoveryDialect } from './mount-dialect.js';
import { convertedNote, factError, recoveryError, shown } from './problems.js';
import { RecoveredItem, type Place } from './recovered-file.js';
import { readUmask } from './umask.js';

const { ENOENT, ENOTDIR, ELOOP, EEXIST, ENOSPC, EDQUOT, EROFS } = constants.errno;
const HOPELESS = new Set([ENOSPC, EDQUOT, EROFS]);
const ANCESTOR = Open.PATH | Open.DIRECTORY | Open.NOFOLLOW | Open.CLOEXEC;
const DEFAULT_ACL = cString(Buffer.from('system.posix_acl_default'));
const SET_GROUP_ID = 0o2000;
/** A folder that others may not look into until its own mode is set. */
const PRIVATE = 0o700;
const ORDINARY = 0o777;
const COPIES = 10_000;
const NAME_BITS = 0x10000;

/** A folder on the way from the recovery folder to the current one. */
interface Level {
  readonly part: string;
  readonly made: boolean;
  /** What new files in it get. */
  readonly owner: Owner;
  readonly inheritsAcl: boolean;
  /** Of a folder made here: a bit for each hash of a name used in it. */
  readonly names: Uint8Array | undefined;
  /** To be set when it is left. */
  facts: FileEntry | undefined;
  alternates: ReadonlyMap<string, Uint8Array>;
  /** It was left before and is as recorded: what it has to look like again. */
  readonly times: FileTimes | undefined;
}

/** Recovers files below one folder, through handles of folders: no path is resolved twice, no link on the way ever followed. */
export class PortableRecovery implements VolumeRecovery {
  readonly capabilities: ReadonlySet<VolumeCapability>;
  readonly #libc = libc();
  readonly #statx = new StatxBuffer();
  readonly #chain = new FolderChain();
  readonly #levels: Level[] = [];
  readonly #problems: FileProblem[] = [];
  readonly #root: number;
  readonly #user = systemPlatform().userId ?? 0;
  readonly #group = process.getegid?.() ?? 0;
  readonly #umask = readUmask();
  readonly #content = new ContentQueue();
  #converted = 0;
  /** When the first folder got its recorded times, by the file system's own clock. */
  #firstLeft: bigint | undefined;

  constructor(
    folder: string,
    private readonly options: RecoveryOptions,
    private readonly dialect: RecoveryDialect,
    private readonly random: Random,
  ) {
    this.#root = this.#libc.openat(AT_FDCWD, cString(textToBytes(folder)), Open.RDONLY | Open.DIRECTORY | Open.CLOEXEC, 0);
    if (this.#root < 0 || !this.#statx.readOpen(this.#root)) throw recoveryError(this.#libc.errno(), 'opening the recovery target', folder);
    this.capabilities = dialect.capabilities(this.#root);
    this.#push('', this.#root, false, false, true);
  }

  create(entry: FileEntry): FileRecovery | undefined {
    this.#takeFailures();
    const parts = checkedParts(entry.path);
    for (const part of parts) this.#checkName(part, entry.path);
    return entry.kind === 'directory' ? this.#createFolder(entry, parts) : this.#createFile(entry, parts);
  }

  /** A name that means something else to the file system must not be used. */
  #checkName(name: string, path: string): void {
    const reason = this.dialect.refusesName?.(name);
    if (reason !== undefined) throw new RecoveryError('RECOVERY_IO', `${path}: cannot be made: ${reason}`, { path });
  }

  has(path: string): boolean {
    try {
      const { folder, kind } = this.#find(path);
      this.#libc.close(folder);
      return kind !== 'directory';
    } catch (error) {
      if (error instanceof RecoveryError) return false;
      throw error;
    }
  }

  finish(): readonly FileProblem[] {
    this.#content.drain();
    this.#takeFailures();
    while (this.#levels.length > 1) this.#leave();
    const root = this.#levels[0];
    if (root) this.#applyTo(root, '');
    return this.#problems;
  }

  [Symbol.dispose](): void {
    this.#content.close();
    this.#levels.length = 0;
    this.#chain[Symbol.dispose]();
  }

  /** Files with facts that were kept in another form. */
  get converted(): number {
    return this.#converted;
  }

  readonly #noteConverted = (path: string, facts: readonly string[]): void => {
    this.#converted++;
    if (this.options.facts === 'report') this.#problems.push(convertedNote(path, facts));
  };

  #createFolder(entry: FileEntry, parts: readonly string[]): FileRecovery | undefined {
    const name = parts.at(-1);
    if (name === undefined) {
      if (entry.implied || this.options.overwrite !== 'overwrite') return undefined;
      this.#goTo(parts);
      return new RecoveredItem(entry, this.#folderPlace(entry.path, parts), this.dialect);
    }
    const above = parts.slice(0, -1);
    let made = this.#isOnTheWay(parts) && this.#levels[parts.length]?.made === true;
    if (!this.#isOnTheWay(parts)) {
      this.#goTo(above);
      if (this.#statx.readName(this.#chain.fd, cName(name))) {
        if (this.#statx.kind !== 'directory' && !this.#reopens(entry, cName(name))) return undefined;
      } else made = true;
    }
    if (!made && !entry.implied && this.options.overwrite !== 'overwrite') return undefined;
    return new RecoveredItem(entry, this.#folderPlace(entry.path, parts), this.dialect);
  }

  /** A folder that leads elsewhere takes the place of one that does. False: it is to be left alone. @throws RECOVERY_EXISTS */
  #reopens(entry: FileEntry, name: CPath): boolean {
    const { fd } = this.#chain;
    const { kind } = this.#statx;
    const isOne = (entry.attributes & FileAttribute.REPARSE_POINT) !== 0 && this.dialect.isClosedFolder?.(fd, name) === true;
    if (!isOne) throw inTheWay(entry.path, kind);
    if (this.options.overwrite !== 'overwrite') return false;
    if (this.dialect.openClosedFolder?.(fd, name) !== true) throw recoveryError(this.#libc.errno(), 'opening the folder', entry.path);
    return true;
  }

  #folderPlace(path: string, parts: readonly string[]): Place {
    const enter: Place['enter'] = (entry, alternates) => {
      const existed = this.#isOnTheWay(parts) && this.#levels[parts.length]?.made === true;
      this.#goTo(parts, entry.posix && !entry.implied ? PRIVATE : ORDINARY);
      const level = this.#levels[parts.length];
      if (level && !entry.implied && (existed || level.made || this.options.overwrite === 'overwrite')) {
        level.facts = entry;
        level.alternates = alternates;
      }
    };
    // Used only when the item turns out to be no folder, for example a folder that was a symbolic link on Windows.
    const name = cName(parts.at(-1) ?? '');
    const place = (): Place => {
      this.#goTo(parts.slice(0, -1));
      return this.#filePlace(path, parts, name);
    };
    return {
      get folder() {
        return place().folder;
      },
      get name() {
        return place().name;
      },
      get writtenAs() {
        return place().writtenAs;
      },
      get owner() {
        return place().owner;
      },
      get content() {
        return place().content;
      },
      get umask() {
        return place().umask;
      },
      get inheritsAcl() {
        return place().inheritsAcl;
      },
      recoveredAs: path,
      source: (earlier) => this.#find(earlier),
      enter,
      converted: this.#noteConverted,
    };
  }

  #createFile(entry: FileEntry, parts: readonly string[]): FileRecovery | undefined {
    const leaf = parts.at(-1);
    if (leaf === undefined) throw new RecoveryError('RECOVERY_ESCAPE', 'a file without a name cannot be recovered', { path: entry.path });
    this.#goTo(parts.slice(0, -1));
    const name = cName(leaf);
    if (this.#isNew(name)) return new RecoveredItem(entry, this.#filePlace(entry.path, parts, name), this.dialect);
    if (!this.#statx.readName(this.#chain.fd, name)) {
      const errno = this.#libc.errno();
      if (errno !== ENOENT) throw recoveryError(errno, 'looking for it', entry.path);
      return new RecoveredItem(entry, this.#filePlace(entry.path, parts, name), this.dialect);
    }
    const { kind } = this.#statx;
    if (this.options.overwrite === 'create-copy') return this.#createCopy(entry, parts, leaf);
    if (kind === 'directory') throw inTheWay(entry.path, kind);
    if (this.options.overwrite === 'skip') return undefined;
    return new RecoveredItem(entry, this.#filePlace(entry.path, parts, name, this.#temporaryName()), this.dialect);
  }

  #createCopy(entry: FileEntry, parts: readonly string[], leaf: string): FileRecovery {
    for (let number = 1; number <= COPIES; number++) {
      const copy = number === 1 ? `Copy of ${leaf}` : `Copy (${number}) of ${leaf}`;
      const name = cName(copy);
      if (this.#statx.readName(this.#chain.fd, name)) continue;
      const errno = this.#libc.errno();
      const path = [...parts.slice(0, -1), copy].join('/');
      if (errno !== ENOENT) throw recoveryError(errno, 'making a copy', path);
      return new RecoveredItem(entry, this.#filePlace(path, parts, name), this.dialect);
    }
    throw new RecoveryError('RECOVERY_EXISTS', `${entry.path}: has ${COPIES} copies already`, { path: entry.path });
  }

  /**
   * Whether nothing can stand at a name of the current folder, because the folder was made here and the name was not used since. If
   * something was put there all the same, making the file fails. Names are remembered by a hash; when in doubt, the answer is no.
   */
  #isNew(name: CPath): boolean {
    const { names } = this.#levels[this.#levels.length - 1]!;
    if (!names) return false;
    let hash = 0x811c9dc5;
    for (const byte of name) hash = Math.imul(hash ^ byte, 0x01000193);
    const bit = (hash ^ (hash >>> 16)) & 0xffff;
    const used = (names[bit >>> 3]! & (1 << (bit & 7))) !== 0;
    names[bit >>> 3]! |= 1 << (bit & 7);
    return !used;
  }

  #filePlace(path: string, parts: readonly string[], name: CPath, writtenAs = name): Place {
    const level = this.#levels[this.#levels.length - 1]!;
    return {
      folder: this.#chain.fd,
      name,
      writtenAs,
      recoveredAs: path,
      owner: level.owner,
      umask: this.#umask,
      content: this.#content,
      inheritsAcl: level.inheritsAcl,
      source: (earlier) => this.#find(earlier),
      enter: (entry, alternates) => {
        this.#folderPlace(path, parts).enter(entry, alternates);
      },
      converted: this.#noteConverted,
    };
  }

  /** Files whose content failed after they were handed over are taken away again. @throws RECOVERY_IO when all others would fail too */
  #takeFailures(): void {
    for (const { path, errno, what } of this.#content.failures()) {
      if (what === 'times') {
        this.#problems.push({ path, error: factError(errno, 'its times', path), effect: 'incomplete' });
        continue;
      }
      const error = recoveryError(errno, 'writing its content', path);
      this.#remove(path);
      if (HOPELESS.has(errno)) throw error;
      this.#problems.push({ path, error, effect: 'skipped' });
    }
  }

  #remove(path: string): void {
    try {
      const { folder, name } = this.#find(path);
      this.#libc.unlinkat(folder, name, 0);
      this.#libc.close(folder);
    } catch (error) {
      if (!isWinbackError(error)) throw error; // gone already
    }
  }

  #temporaryName(): CPath {
    const bytes = new Uint8Array(8);
    this.random.fill(bytes);
    return cName(`.winback-${Buffer.from(bytes).toString('hex')}`);
  }

  #isOnTheWay(parts: readonly string[]): boolean {
    return this.#levels.length > parts.length && parts.every((part, i) => this.#levels[i + 1]?.part === part);
  }

  /** Makes a folder the current one: leaves those that are not on the way to it, and opens or makes those that are. */
  #goTo(parts: readonly string[], mode = ORDINARY): void {
    let common = 0;
    while (common < parts.length && this.#levels[common + 1]?.part === parts[common]) common++;
    while (this.#levels.length > common + 1) this.#leave();
    // Folders that were moved away are opened anew by their names, so what is below them is still below the recovery folder.
    while (this.#chain.fd < 0) this.#leave();
    for (let i = this.#levels.length - 1; i < parts.length; i++) this.#enter(parts, i, i === parts.length - 1 ? mode : ORDINARY);
  }

  #enter(parts: readonly string[], index: number, mode: number): void {
    const part = parts[index]!;
    const name = cName(part);
    const folder = this.#chain.fd;
    const path = (): string => parts.slice(0, index + 1).join('/');
    let made = false;
    let fd = this.#libc.openat(folder, name, OPEN_FOLDER, 0);
    if (fd < 0 && this.#libc.errno() === ENOENT) {
      made = this.#libc.mkdirat(folder, name, mode) === 0;
      if (!made && this.#libc.errno() !== EEXIST) throw recoveryError(this.#libc.errno(), 'making the folder', path());
      fd = this.#libc.openat(folder, name, OPEN_FOLDER, 0);
    }
    if (fd < 0) {
      const errno = this.#libc.errno();
      if ((errno === ENOTDIR || errno === ELOOP) && this.#statx.readName(folder, name)) throw inTheWay(path(), this.#statx.kind);
      throw recoveryError(errno, 'opening the folder', path());
    }
    if (!this.#statx.readOpen(fd)) {
      const error = recoveryError(this.#libc.errno(), 'opening the folder', path());
      this.#libc.close(fd);
      throw error;
    }
    this.#push(part, fd, made, made && this.#levels[this.#levels.length - 1]!.inheritsAcl, !made);
  }

  /** The facts of the folder are those just read. */
  #push(part: string, fd: number, made: boolean, inheritsAcl: boolean, askAcl: boolean): void {
    const facts = this.#statx;
    const { modified, changed } = facts;
    const wasLeft = this.#firstLeft !== undefined && changed >= this.#firstLeft && modified !== changed;
    const level: Level = {
      part,
      made,
      owner: { userId: this.#user, groupId: facts.mode & SET_GROUP_ID ? facts.groupId : this.#group },
      inheritsAcl: inheritsAcl || (askAcl && this.#libc.fgetxattr(fd, DEFAULT_ACL, new Uint8Array(1), 0) >= 0),
      names: made ? new Uint8Array(NAME_BITS / 8) : undefined,
      facts: undefined,
      alternates: new Map(),
      times: wasLeft ? { lastWrite: modified, lastAccess: facts.accessed } : undefined,
    };
    this.#chain.push(cName(part), fd, facts.identity());
    this.#levels.push(level);
  }

  /** Sets the facts of the current folder and goes up. */
  #leave(): void {
    const level = this.#levels[this.#levels.length - 1]!;
    const path = this.#levels
      .slice(1)
      .map((l) => l.part)
      .join('/');
    this.#applyTo(level, path);
    this.#levels.pop();
    this.#chain.pop();
  }

  #applyTo(level: Level, path: string): void {
    const { fd } = this.#chain;
    const { facts } = level;
    level.facts = undefined;
    if (fd < 0) {
      if (facts)
        this.#problems.push({
          path,
          error: new RecoveryError('RECOVERY_IO', `${shown(path)}: was moved away during recovery; its facts were not set`, { path }),
          effect: 'incomplete',
        });
      return;
    }
    if (facts) {
      const hasOwnXattrs = !level.made ? 'earlier' : level.inheritsAcl ? 'inherited' : 'none';
      const file = { path, fd, opened: 'open', kind: 'directory', xattrs: fd, owner: undefined, mode: undefined, hasOwnXattrs } as const;
      const { problems, converted } = this.dialect.apply(file, facts, level.alternates);
      this.#problems.push(...problems, ...(this.dialect.applyToName?.(fd, path, facts) ?? []));
      if (converted.length > 0) this.#noteConverted(path, converted);
      if (this.#firstLeft === undefined && this.#statx.readOpen(fd)) this.#firstLeft = this.#statx.changed;
    } else if (level.times) setTimes({ fd, opened: 'open' }, level.times);
  }

  /** An earlier recovered file: its folder, open, and its name there. */
  #find(path: string): { folder: number; name: CPath; kind: FileKind } {
    const parts = checkedParts(path);
    const name = cName(parts.pop() ?? '');
    let folder = this.#libc.openat(this.#root, cName('.'), ANCESTOR, 0);
    for (const part of parts) {
      const next = this.#libc.openat(folder, cName(part), ANCESTOR, 0);
      this.#libc.close(folder);
      if (next < 0) throw notThere(path);
      folder = next;
    }
    if (!this.#statx.readName(folder, name)) {
      this.#libc.close(folder);
      throw notThere(path);
    }
    return { folder, name, kind: this.#statx.kind };
  }
}

const cName = (part: string): CPath => cString(textToBytes(part));

/** The parts of a path. @throws RECOVERY_ESCAPE when one of them is no name */
function checkedParts(path: string): string[] {
  const parts = path === '' ? [] : path.split('/');
  const wrong = parts.find((part) => part === '' || part === '.' || part === '..' || part.includes('\0'));
  if (wrong === undefined) return parts;
  throw new RecoveryError(
    'RECOVERY_ESCAPE',
    `${JSON.stringify(path)} is no path below the recovery target: ${JSON.stringify(wrong)} is no name`,
    { path },
  );
}

function inTheWay(path: string, kind: FileKind): RecoveryError {
  const what = kind === 'directory' ? 'a folder' : kind === 'file' ? 'a file' : `a ${kind.replace('-', ' ')}`;
  return new RecoveryError(
    'RECOVERY_EXISTS',
    `${path}: ${what} is in the way`,
    { path, found: kind },
    { hint: 'Move it away, or recover to another folder.' },
  );
}

const notThere = (path: string): RecoveryError =>
  new RecoveryError('RECOVERY_IO', `${path}: the file that others are hard links to is not in the recovery target`, { path });
